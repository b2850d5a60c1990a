import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuditLog } from '@lockstep/audit'
import type { AuditEvent } from '@lockstep/core'
import { createCheckpointKey } from '@lockstep/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { AGENT, HOSTILE, POLICIES, policyWorld, writePolicies } from './policy-world.ts'
import { lockstep } from './run-lockstep.ts'

let world: string
beforeAll(async () => {
  world = await policyWorld()
})

const open = (subject: string, id: string, ...more: string[]) =>
  lockstep(
    ['explain', '--as', subject, '--actor', AGENT, '--tool', 'openDoc', '--args', JSON.stringify({ id }), ...more],
    world,
  )

describe('a call that nobody made', () => {
  test(proves('policy:explain:command', 'as text'), async () => {
    const { code, said, complained } = await open('user:ann', 'doc-1')
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    expect(said).toMatch(/^denied: the subject is refused \[invocation\.denied\]\n/)
    const shown = said.slice(said.indexOf('subject User::"user:ann": refused'))
    expect(shown).toContain('  permit members-open (docs.cedar:2) does not apply\n')
    expect(shown).toMatch(/^ {4}holds {5}docs\.cedar:4 {2}principal in resource\.team$/m)
    expect(shown).toMatch(
      /^ {4}fails {5}docs\.cedar:6 {2}context\.acr\.contains\("strong"\)\n {14}context\.acr = \[\]$/m,
    )
    expect(shown).toContain(`actor Agent::"${AGENT}": permitted\n`)
    expect(shown).toMatch(/it would be permitted with a sign-in that reaches strong\n$/)
    expect((await open('user:ann', 'doc-1', '--acr', 'strong')).said).toMatch(
      /^permitted by agents-open, members-open\n|^permitted by members-open, agents-open\n/,
    )
  })

  test(proves('policy:explain:command', 'as JSON, with arguments from a file'), async () => {
    const file = join(world, 'args.json')
    await writeFile(file, JSON.stringify({ id: 'doc-2' }))
    const args = ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--acr', 'strong', '--json']
    const { code, said } = await lockstep([...args, '--args', `@${file}`], world)
    expect(code).toBe(0)
    expect(JSON.parse(said)).toMatchObject({
      effect: 'deny',
      refused: 'subject',
      resource: { type: 'Doc', id: 'doc-2', found: 'stored' },
      changes: [{ entity: { type: 'User', id: 'user:ann' }, kind: 'set', attribute: 'clearance', value: 5 }],
      facts: 'r1',
    })
  })

  test(proves('policy:explain:command', 'tells nothing of what the subject may not view'), async () => {
    const hidden = await open('user:bob', 'doc-2', '--acr', 'strong')
    expect(hidden.said).toContain('withheld  docs.cedar:5')
    expect(hidden.said).not.toMatch(/level = |level is 5|Team::"red"/)
    expect(hidden.said).toContain('--reveal')
    const revealed = await open('user:bob', 'doc-2', '--acr', 'strong', '--reveal')
    expect(revealed.said).toContain('resource.level = 5')
    expect(revealed.said).toContain('  User::"user:bob" is in Team::"red"\n  User::"user:bob": clearance is 5\n')
  })

  test(proves('policy:explain:visible'), async () => {
    for (const more of [[], ['--json']]) {
      const { code, said } = await open(HOSTILE, HOSTILE, ...more, '--reveal')
      expect(code).toBe(0)
      expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(said.split('\n').some((line) => line.startsWith('user:') || line.startsWith('mallory'))).toBe(false)
    }
  })

  test(proves('policy:explain:command', 'is refused when it cannot be meant'), async () => {
    const wrong = [
      ['explain'],
      ['explain', '--as', 'user:ann'],
      ['explain', 'nonsense'],
      ['explain', '--denied', 'a'.repeat(32)],
      ['explain', '--denied', '--as', 'user:ann'],
      ['explain', '--denied', '--state', 'nowhere'],
      ['explain', 'a'.repeat(32), '--as', 'user:ann'],
      ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--args', '[1]'],
      ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--args', '{"id":"a","id":"b"}'],
      ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--args', '@missing.json'],
      ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--acr', 'invented'],
      ['explain', '--as', 'user:ann', '--actor', AGENT, '--tool', 'openDoc', '--proof', 'invented'],
    ]
    for (const args of wrong) {
      const { code, said, complained } = await lockstep(args, world)
      expect({ args, code, said }).toEqual({ args, code: 2, said: '' })
      expect(complained).toMatch(/^lockstep explain: [^\n]+\n$/)
    }
    const nowhere = await lockstep(
      ['explain', '--as', 'a', '--actor', 'b', '--tool', 'c', '--config', 'none.mjs'],
      world,
    )
    expect(nowhere).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('configuration.missing') })
  }, 240_000)
})

describe('a recorded decision', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c'
  const CALL = '5f0c954a-4f8e-4d1c-8a55-30a7d7a6b1f0'
  const who = { trace: TRACE, subject: 'user:ann', actor: AGENT, tool: 'openDoc', step: 'invocation' } as const
  const digests = { arguments: 'the digest of the arguments', resource: 'the digest of the resource' }
  const about = { resource: 'Doc::doc-1', digests, facts: 'r1' }

  beforeAll(async () => {
    const { policyVersion } = JSON.parse((await open('user:ann', 'doc-1', '--json')).said)
    const key = await createCheckpointKey()
    const folder = join(world, 'state', 'audit')
    const log = await openAuditLog({ folder, origin: 'test/audit', key, clock: () => 1_800_000_000_000 })
    const events: readonly AuditEvent[] = [
      {
        ...who,
        outcome: 'denied',
        code: 'invocation.denied',
        policies: [],
        policyVersion,
        detail: { ...about, refused: 'subject' },
      },
      {
        ...who,
        outcome: 'permitted',
        policies: ['members-open', 'agents-open'],
        policyVersion,
        detail: { call: CALL, ...about },
      },
      { ...who, step: 'response', outcome: 'completed', detail: { call: CALL } },
      {
        ...who,
        trace: 'b'.repeat(32),
        outcome: 'permitted',
        policies: ['gone', 'agents-open'],
        policyVersion: 'an older one',
      },
    ]
    for (const event of events) await log.append(event)
    await log.close()
  })

  const explain = (id: string, ...more: string[]) =>
    lockstep(['explain', id, '--state', join(world, 'state'), ...more], world)

  test(proves('policy:explain:recorded', 'by its trace, also when it was denied'), async () => {
    const { code, said } = await explain(TRACE)
    expect(code).toBe(0)
    expect(said.match(/ invocation {2}(denied|permitted)$/gm)).toHaveLength(2)
    const value = (name: string) => new RegExp(`^ +${name} {2,}(.*)$`, 'm').exec(said)?.[1]
    expect(value('subject')).toBe('user:ann')
    expect(value('refused')).toBe('subject')
    expect(value('resource')).toBe('Doc::doc-1')
    expect(value('facts')).toBe('r1')
    expect(value('policies now')).toBe('the same version')
    expect(value('decided by')).toBe('no policy: nothing permitted it')
    expect(said).toMatch(/decided by +permit members-open \(docs\.cedar:2\)/)
  })

  test(proves('policy:explain:recorded', 'by the id of its call'), async () => {
    const { said } = await explain(CALL, '--json')
    const told = JSON.parse(said)
    expect(told.decisions).toHaveLength(1)
    expect(told.decisions[0]).toMatchObject({ outcome: 'permitted', policyUnchanged: true, detail: { call: CALL } })
    expect(await explain('c'.repeat(32))).toMatchObject({ code: 1, said: '' })
  })

  test(proves('policy:explain:recorded', 'among the last denials, without a trace'), async () => {
    const { code, said } = await lockstep(['explain', '--denied', '--state', join(world, 'state')], world)
    expect(code).toBe(0)
    expect(said.match(/ invocation {2}\w+$/gm)).toEqual([' invocation  denied'])
    expect(said).toContain(TRACE)
  })

  test(proves('policy:explain:recorded', 'and says when the policies are others now'), async () => {
    const { said } = await explain('b'.repeat(32))
    expect(said).toMatch(/policies now +another version \([\w-]{16}\)/)
    expect(said).toContain('gone, which is no longer there')
    expect(JSON.parse((await explain('b'.repeat(32), '--json')).said).decisions[0].policyUnchanged).toBe(false)
    await writePolicies(join(world, 'policies'), 'this is no policy;')
    const broken = await explain(TRACE)
    await writePolicies(join(world, 'policies'), POLICIES)
    expect(broken.code).toBe(0)
    expect(broken.said).toContain('nothing was compared')
    expect(broken.said).toContain('policy.invalid')
  })
})
