import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyExpectation } from '@lockstep/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { AGENT, HOSTILE, POLICIES, policyWorld, writePolicies } from './policy-world.ts'
import { lockstep } from './run-lockstep.ts'

let world: string
beforeAll(async () => {
  world = await policyWorld()
})

const team = { type: 'Team', id: 'blue' }
const opens = (
  name: string,
  over: Partial<PolicyExpectation> & Pick<PolicyExpectation, 'expect'>,
): PolicyExpectation => ({
  name,
  subject: 'user:ann',
  actor: AGENT,
  tool: 'openDoc',
  arguments: { id: 'doc-1' },
  acr: 'strong',
  ...over,
})
const TABLE: readonly PolicyExpectation[] = [
  opens('of the stored team', { expect: { effect: 'permit', policies: ['agents-open', 'members-open'] } }),
  opens('above her clearance', {
    arguments: { id: 'doc-2' },
    expect: { effect: 'deny', refused: 'subject', stepUp: null },
  }),
  opens('with the weaker sign-in', { acr: 'weak', expect: { effect: 'deny', stepUp: { acr: 'strong' } } }),
  opens('as if she were of another team', {
    given: {
      subject: { attributes: { clearance: 9 }, in: [team] },
      resource: { type: 'Doc', id: 'doc-1', attributes: { team: { entity: team }, level: 9 } },
    },
    expect: 'permit',
  }),
]

async function run(table: unknown, ...more: string[]) {
  const file = join(world, 'table.json')
  await writeFile(file, JSON.stringify(table))
  return lockstep(['policy', 'test', ...more, file], world)
}

describe('policy test', () => {
  test(proves('policy:test:holds'), async () => {
    const { code, said, complained } = await run(TABLE)
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    expect(said.match(/^ok /gm)).toHaveLength(4)
    expect(said).toContain('4 of 4 expectations hold')
  })

  test(proves('policy:test:differs'), async () => {
    const wrong = [
      opens('permitted after all', { acr: 'weak', expect: 'permit' }),
      opens('by another policy', { expect: { effect: 'permit', policies: ['members-open'] } }),
      opens('refused for the agent', { subject: 'user:bob', expect: { effect: 'deny', refused: 'actor' } }),
      opens('flipped by a person', { acr: 'weak', expect: { effect: 'deny', stepUp: { approval: true } } }),
      opens('flipped by nothing', { acr: 'weak', expect: { effect: 'deny', stepUp: null } }),
      opens('of a misspelt tool', { tool: 'opendoc', expect: 'deny' }),
      opens('with another code', { acr: 'weak', expect: { effect: 'deny', code: 'invocation.approval-required' } }),
    ]
    const { code, said } = await run([...TABLE, ...wrong])
    expect(code).toBe(1)
    expect([...said.matchAll(/^differs (.*)$/gm)].map(([, name]) => name)).toEqual(wrong.map(({ name }) => name))
    expect(said).toMatch(
      /differs permitted after all\n +expected {2}permit\n +got +deny, the subject is refused, unless strong\n/,
    )
    const told = JSON.parse((await run(wrong, '--json')).said)
    expect(told.rows.every(({ passed }: { passed: boolean }) => !passed)).toBe(true)
  })

  test(proves('policy:test:undecided'), async () => {
    const { said } = await run(TABLE)
    expect(said).toContain('policies that decided none of them:\n  members-see (docs.cedar:12)\n')
    expect((await run(TABLE, '--all-policies')).code).toBe(1)
  })

  test(proves('policy:test:misuse'), async () => {
    const wrong = [
      {},
      [],
      [null],
      [{ ...TABLE[0], expects: 'permit' }],
      [{ ...TABLE[0], name: '' }],
      [TABLE[0], TABLE[0]],
      [{ ...TABLE[0], expect: 'allow' }],
      [{ ...TABLE[0], expect: { effect: 'permit', refused: 'actor' } }],
      [{ ...TABLE[0], given: { subjekt: {} } }],
      [{ ...TABLE[0], given: { resource: { attributes: {} } } }],
      [{ ...TABLE[0], acr: 'invented' }],
    ]
    for (const table of wrong) {
      const { code, said, complained } = await run(table)
      expect({ table, code, said }).toEqual({ table, code: 2, said: '' })
      expect(complained).toMatch(/^lockstep policy test: [^\n]+\n$/)
    }
    expect((await lockstep(['policy', 'test'], world)).complained).toContain('expectations.json')
  }, 240_000)

  test(proves('policy:explain:visible', 'in the name of a file'), async () => {
    const folder = join(world, 'hostile')
    await writePolicies(folder, POLICIES)
    await writeFile(join(folder, `${HOSTILE}.cedar`), 'permit (')
    const { code, complained } = await lockstep(['policy', 'diff', folder], world)
    expect(code).toBe(1)
    expect(complained).toContain('\\u{1b}[2Juser:\\u{202e}mallory\\u{a}.cedar:1: ')
    expect(complained).not.toMatch(/[\p{Cc}\p{Cf}](?!$)/u)
  })

  test(proves('policy:explain:visible', 'in a table'), async () => {
    const { said } = await run([opens(HOSTILE, { subject: HOSTILE, expect: 'permit' })])
    expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('policy diff', () => {
  const other = async (policies: string, name = 'other') => {
    await writePolicies(join(world, name), policies)
    return name
  }
  const table = async () => {
    await writeFile(join(world, 'table.json'), JSON.stringify(TABLE))
    return ['--expectations', 'table.json']
  }

  test(proves('policy:diff:same'), async () => {
    const same = POLICIES.replace(
      'principal in resource.team &&\n',
      '// a comment\n  principal in resource.team   &&\n',
    )
    expect(same).not.toBe(POLICIES)
    const args = ['policy', 'diff', await other(same), '--fail-on-change', ...(await table())]
    const { code, said, complained } = await lockstep(args, world)
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    expect(said).toBe(
      'policies: 0 added, 0 removed, 0 changed\n\ndecisions: 4 decided again, 0 newly permitted, 0 newly denied, 0 decided otherwise\n',
    )
  })

  test(proves('policy:diff:changes'), async () => {
    const changed = POLICIES.replace(' &&\n  context.acr.contains("strong")', '')
      .replace('principal is Agent, action in', 'principal == Agent::"agent:nobody", action in')
      .replace('members-see', 'members-look')
    const args = ['policy', 'diff', 'policies', await other(changed), ...(await table())]
    const { code, said } = await lockstep(args, world)
    expect(code).toBe(0)
    expect(said).toContain('policies: 1 added, 1 removed, 2 changed\n')
    expect(said).toContain(
      '  changed permit members-open (docs.cedar:2)\n      openDoc for User\n    - context.acr.contains("strong")\n',
    )
    expect(said).toContain('    - principal is Agent\n    + principal == Agent::"agent:nobody"\n')
    expect(said).toContain('newly denied: of the stored team\n    - permit by agents-open, members-open\n    + deny')
    expect((await lockstep([...args, '--fail-on-change'], world)).code).toBe(1)
    const reversed = ['policy', 'diff', 'other', 'policies', ...(await table()), '--json']
    const told = JSON.parse((await lockstep(reversed, world)).said)
    expect(told.decisions.map(({ kind }: { kind: string }) => kind)).toContain('newly permitted')
    expect(told.replayed).toBe(4)
  })

  test(proves('policy:diff:misuse'), async () => {
    expect(await lockstep(['policy', 'diff'], world)).toMatchObject({ code: 2, said: '' })
    expect(await lockstep(['policy', 'diff', 'nowhere'], world)).toMatchObject({
      code: 1,
      said: '',
      complained: expect.stringContaining('policy.invalid'),
    })
    await writeFile(join(world, 'torn.jsonl'), '{"v":2}\n{"v":1}\n')
    const args = ['policy', 'diff', 'policies', '--decisions', 'torn.jsonl']
    expect(await lockstep(args, world)).toMatchObject({
      code: 1,
      said: '',
      complained: expect.stringContaining('line 1'),
    })
  })
})
