import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import { beforeAll, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { MFA, POLICIES, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { createWorld, type World } from './discovery-world.ts'

const STRANGER = 'spiffe://expense.example/agents/stranger'
const ABSENT = { state: 'absent', policyVersion: expect.any(String) }

let world: World
beforeAll(async () => {
  world = await createWorld()
})

test(proves('discovery:judge:usable'), () => {
  const seen = world.judge('alice', 'approveExpense')
  expect(seen).toMatchObject({ state: 'usable', policyVersion: world.policyVersion() })
  if (seen.state !== 'usable') return
  expect(seen.limits.anyOf).toEqual([
    { dept: { oneOf: ['42'] }, amount: { atMost: 500_000 }, status: { oneOf: ['submitted'] } },
  ])
  expect(seen.policies).toEqual(expect.arrayContaining(['manager-approves', 'planner-acts']))
})

test(proves('discovery:judge:absent'), () => {
  expect(world.judge('dave', 'approveExpense'), 'no role').toEqual(ABSENT)
  expect(world.judge('carol', 'approveExpense'), 'manages nothing').toEqual(ABSENT)
  expect(world.judge('dave', 'approveExpense', { acr: [PWD, MFA] }), 'however strong the sign-in').toEqual(ABSENT)
  expect(world.judge('alice', 'approveExpense', { agent: STRANGER }), 'through this agent').toEqual(ABSENT)
  expect(world.judge('alice', 'approveExpense', { proof: 'bearer' }), 'without a proof').toEqual(ABSENT)
  expect(world.judge('alice', 'listExpenses', { agent: STRANGER })).toMatchObject({ state: 'usable' })
  for (const tool of ['noSuchTool', '', '__proto__', 'constructor', 'toString']) {
    expect(world.judge('alice', tool), tool).toEqual(ABSENT)
  }
})

test(proves('discovery:judge:locked'), () => {
  expect(world.judge('alice', 'sendReport')).toEqual({ ...ABSENT, state: 'locked', unlock: { acr: MFA } })
  expect(world.judge('alice', 'sendReport', { acr: [] }), 'not the weaker one').toMatchObject({ unlock: { acr: MFA } })
  expect(world.judge('alice', 'sendReport', { acr: [PWD, MFA] })).toMatchObject({ state: 'usable' })
  expect(world.judge('dave', 'sendReport'), 'it would not help').toEqual(ABSENT)
  expect(world.judge('alice', 'sendReport', { agent: STRANGER }), 'nor through this agent').toEqual(ABSENT)
})

test(proves('discovery:judge:consent'), async () => {
  const alice = world.judge('alice', 'approveExpense', { acr: [PWD, MFA] })
  expect(alice).toMatchObject({ state: 'usable' })
  expect(JSON.stringify(alice), 'the bound of what needs no consent').not.toContain('2000000')
})

test(proves('discovery:judge:labels'), () => {
  const acr = { acr: [PWD, MFA] }
  const [before, after] = [
    world.judge('alice', 'sendReport', acr),
    world.judge('alice', 'sendReport', acr, ['confidential']),
  ]
  expect(before).toMatchObject({ state: 'usable' })
  expect(after).toMatchObject({ state: 'usable' })
  if (after.state === 'usable') expect(after.limits.complete, 'there is more to it than can be told').toBe(false)
})

test(proves('discovery:judge:policy'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-discovery-'))
  await cp(POLICIES, folder, { recursive: true })
  const point = createDecisionPoint({ folder })
  const edited = await createWorld({ point })
  const limit = () => JSON.stringify(edited.judge('alice', 'approveExpense'))
  expect(limit()).toContain('"atMost":500000')
  const file = join(folder, 'approve.cedar')
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('500000', '300000'))
  expect(limit(), 'not before it is in force').toContain('"atMost":500000')
  point.reload()
  expect(limit()).toContain('"atMost":300000')
  expect(limit()).toContain(point.version)
  await rm(folder, { recursive: true })
})

test(proves('discovery:judge:fault'), async () => {
  const real = createDecisionPoint({ folder: POLICIES })
  const point: typeof real = Object.create(real, {
    residual: {
      value: () => {
        throw new LockstepError('policy.evaluation-failed')
      },
    },
  })
  const down = await createWorld({ point })
  expect(() => down.judge('alice', 'listExpenses')).toThrow(
    expect.objectContaining({ code: 'policy.evaluation-failed' }),
  )
  const listing = down.show(down.caller('alice'), 'alice', { name: 'listExpenses' })
  await expect(listing).rejects.toMatchObject({ code: 'policy.evaluation-failed' })
  // An action that the schema does not declare is not asked about as if nothing stood against it.
  expect(() => world.judge('alice', 'notInTheSchema')).toThrow(LockstepError)
})
