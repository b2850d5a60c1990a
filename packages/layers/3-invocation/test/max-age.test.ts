import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { MFA, POLICIES, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { createWorld, idOf, told } from './approval-world.ts'
import { changedPolicies } from './changed-policies.ts'

const AGED = 'context has signInAge && context.signInAge <='

/** The example, where the larger amounts need a sign-in of the last five minutes as well, and the smaller ones one of the last hour. */
function agedWorld(maxAges: readonly number[] = [300, 3_600], over: Parameters<typeof createWorld>[0] = {}) {
  const text = (name: string) => readFileSync(join(POLICIES, name), 'utf8')
  const { point } = changedPolicies({
    'schema.cedarschema': text('schema.cedarschema').replace(
      '    approval?: { by: User },',
      '    approval?: { by: User },\n    signInAge?: Long,',
    ),
    'approve.cedar': text('approve.cedar')
      .replace('  context has approval &&', `  ${AGED} 300 &&\n  context has approval &&`)
      .replace('  resource.amount <= 500000 &&', `  ${AGED} 3600 &&\n  resource.amount <= 500000 &&`),
  })
  const world = createWorld({ ...over, point, invocation: { maxAges, ...over.invocation } })
  const since = (seconds: number) => world.now() / 1000 - seconds
  return { ...world, since }
}

const demand = (unlock: object | undefined) => ({ code: 'invocation.denied', unlock, detail: undefined })

test(proves('invocation:step-up:max-age', 'alone, the longest that helps'), async () => {
  const world = agedWorld()
  const small = world.call('INV-8831')
  const after = (seconds: number) =>
    world.authorize(world.as('alice', { authenticatedAt: world.since(seconds) }), small)
  expect(told(await after(0))).toBe('permitted')
  expect(told(await after(3_600))).toBe('permitted')
  expect(told(await after(3_600.001)), 'a moment later').toEqual(demand({ maxAge: 3_600 }))
  expect(told(await after(-3)), 'a clock that is ahead').toBe('permitted')
  const untold = await world.authorize(world.as('alice'), small)
  expect(told(untold), 'a token that does not say when').toEqual(demand({ maxAge: 3_600 }))
})

test(proves('invocation:step-up:max-age', 'with the acr, in one demand'), async () => {
  const world = agedWorld()
  const large = world.call('INV-9001')
  const as = (acr: readonly string[], seconds: number) =>
    world.authorize(world.as('alice', { acr, authenticatedAt: world.since(seconds) }), large)
  expect(told(await as([PWD], 4_000)), 'neither').toEqual(demand({ acr: MFA, maxAge: 300 }))
  expect(told(await as([PWD], 10)), 'the acr alone').toEqual(demand({ acr: MFA }))
  expect(told(await as([PWD, MFA], 301)), 'a fresher one that is no weaker').toEqual(demand({ acr: MFA, maxAge: 300 }))
  expect(world.written, 'nobody is asked for consent before').toEqual([])
  idOf(await as([PWD, MFA], 300))
  expect(world.written).toEqual(['request'])
})

test(proves('invocation:step-up:max-age', 'only what is declared'), async () => {
  const none = agedWorld([])
  const old = none.as('alice', { authenticatedAt: none.since(9_000) })
  expect(told(await none.authorize(old, none.call('INV-8831')))).toEqual(demand(undefined))
  const coarse = agedWorld([7_200])
  const aged = coarse.as('alice', { authenticatedAt: coarse.since(9_000) })
  expect(told(await coarse.authorize(aged, coarse.call('INV-8831'))), 'it would not help').toEqual(demand(undefined))
  // A policy that does not look at the age is not asked about it.
  const plain = createWorld({ invocation: { maxAges: [300] } })
  const weak = await plain.authorize(plain.as('alice', { authenticatedAt: 0 }), plain.call('INV-9001'))
  expect(told(weak)).toEqual(demand({ acr: MFA }))
  for (const maxAges of [[-1], [0.5], [Number.NaN]]) expect(() => agedWorld(maxAges)).toThrow(TypeError)
})

test(proves('invocation:step-up:max-age', 'of what is kept'), async () => {
  const kept: (number | undefined)[] = []
  const world = agedWorld([300, 3_600], {
    invocation: {
      journal: async ({ signInAge }) => {
        kept.push(signInAge)
      },
    },
  })
  await world.authorize(world.as('alice', { authenticatedAt: world.since(59.5) }), world.call('INV-8831'))
  await world.authorize(world.as('alice'), world.call('INV-8831'))
  expect(kept).toEqual([60, undefined])
})

test(proves('invocation:step-up:invisible'), async () => {
  const seen: string[] = []
  const mayView: NonNullable<Parameters<typeof createWorld>[0]>['invocation'] = {
    mayView: (_given, { id }) => {
      seen.push(id)
      return (attribute) => attribute !== undefined || id !== 'INV-9001'
    },
  }
  const hidden = createWorld({ invocation: mayView })
  for (const caller of [hidden.as('alice'), hidden.strong('alice')]) {
    const forbidden = await hidden.authorize(caller, hidden.call('INV-9001'))
    const missing = await hidden.authorize(caller, hidden.call('INV-0'))
    expect(told(forbidden)).toEqual(demand(undefined))
    expect(told(forbidden)).toEqual(told(missing))
  }
  expect(hidden.written, 'no request tells of it either').toEqual([])
  expect(seen).toContain('INV-9001')
  expect(told(await hidden.authorize(hidden.as('alice'), hidden.call('INV-8831'))), 'the call itself is no view').toBe(
    'permitted',
  )
})
