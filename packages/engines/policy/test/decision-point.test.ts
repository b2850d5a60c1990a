import { type Decision, type EntityFact, LockstepError, type Question, toValue, type Value } from '@lockstep/core'
import { createDecisionPoint, type DecisionPointOptions, type PolicyDecisionPoint } from '@lockstep/policy'
import { afterAll, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { callCedar } from '../src/cedar.ts'
import { policyFolder } from './policy-folder.ts'

const SCHEMA = `entity User { limit: Long };
entity Doc { amount: Long, owner: User };
action read appliesTo { principal: User, resource: Doc, context: { intent: String, by: User, arguments: { to: String, n?: Long } } };
`
const folder = policyFolder({
  'schema.cedarschema': SCHEMA,
  'a.cedar': `@id("owner") @limit("10") @notify permit (principal, action, resource) when { resource.owner == principal };
@id("to-friend") @limit("5") permit (principal, action, resource) when { context.arguments.to == "friend" };
@id("huge") forbid (principal, action, resource) when { resource.amount * principal.limit > 1000 };`,
})
afterAll(folder.remove)

const ENGINES = ['lockstep', 'cedar-wasm'] as const
const engines = ENGINES.map((engine) =>
  createDecisionPoint({
    folder: folder.path,
    obligations: { limit: { kind: 'integer' }, notify: { kind: 'none' } },
    engine,
  }),
)
const [point] = engines as [PolicyDecisionPoint]
const both = ENGINES.map((engine, index) => [engine, engines[index]!] as const)
const ref = (type: string, id: string): Value => ({ entity: { type, id } })

function question(over: {
  readonly attributes?: Record<string, unknown>
  readonly context?: Record<string, unknown>
  readonly principal?: string
  readonly action?: string
  readonly limit?: unknown
}): Question {
  const user = {
    type: 'User',
    id: 'u',
    attributes: { limit: (over.limit ?? 5) as Value },
    parents: [],
  } satisfies EntityFact
  return {
    principal: { type: over.principal ?? 'User', id: 'u' },
    action: over.action ?? 'read',
    resource: {
      type: 'Doc',
      id: 'd',
      attributes: { amount: 3, owner: ref('User', 'u'), ...over.attributes } as Record<string, Value>,
      parents: [],
    },
    context: {
      intent: 'x',
      by: ref('User', 'u'),
      arguments: { record: { to: 'x' } },
      ...over.context,
    } as Record<string, Value>,
    facts: { entities: [user], revision: '1' },
  }
}

const FAULT: Partial<Decision> = { effect: 'deny', code: 'policy.evaluation-failed', policies: [] }

test.each(both)(proves('policy:load:obligations', '%s'), (_engine, point) => {
  const decision = point.decide(question({ context: { arguments: { record: { to: 'friend' } } } }))
  expect(decision).toMatchObject({
    effect: 'permit',
    obligations: expect.arrayContaining([
      { name: 'limit', value: '10', policyId: 'owner' },
      { name: 'notify', value: '', policyId: 'owner' },
      { name: 'limit', value: '5', policyId: 'to-friend' },
    ]),
  })
  expect(() => createDecisionPoint({ folder: folder.path })).toThrow(/a\.cedar:1: unknown annotation `@limit`/)
})

describe.each(both)(proves('policy:decide:misfit', '%s'), (_engine, point) => {
  test('the question itself is fine', () => expect(point.decide(question({})).effect).toBe('permit'))

  test.each([
    ['unknown action', question({ action: 'write' })],
    ['wrong principal type', question({ principal: 'Doc' })],
    ['extra attribute', question({ attributes: { more: 1 } })],
    ['attribute of another type', question({ attributes: { amount: '3' } })],
    ['unsafe integer', question({ attributes: { amount: 2 ** 53 } })],
    ['fraction', question({ attributes: { amount: 1.5 } })],
    ['NaN', question({ attributes: { amount: Number.NaN } })],
    ['bigint', question({ attributes: { amount: 3n } })],
    ['null', question({ attributes: { amount: null } })],
    ['date', question({ attributes: { amount: new Date(0) } })],
    ['undefined', question({ attributes: { amount: undefined } })],
    ['undeclared argument', question({ context: { arguments: { record: { to: 'x', cc: 'y' } } } })],
    ['context member of another type', question({ context: { by: ref('Doc', 'u') } })],
    ['missing context member', { ...question({}), context: { intent: 'x', by: ref('User', 'u') } }],
    ['lone surrogate', question({ context: { intent: '\ud800' } })],
    ['fact of another shape', question({ limit: 'five' })],
  ])('%s', (_name, misfit) => {
    expect(point.decide(misfit)).toMatchObject(FAULT)
    const { resource: _, ...open } = misfit
    if (Object.keys(misfit.resource.attributes).length === 2 && misfit.resource.attributes.amount === 3) {
      expect(() => point.residual({ ...open, resource: { type: 'Doc' }, unknownContext: [] })).toThrow(LockstepError)
    }
    expect(() => point.residual({ ...misfit, unknownContext: [] })).toThrow(
      expect.objectContaining({ code: 'policy.evaluation-failed' }),
    )
    expect(point.decide(question({})).effect).toBe('permit')
  })

  test('a context member that the action does not declare is no part of the question', () => {
    expect(point.decide(question({ context: { other: 1 } })).effect).toBe('permit')
  })

  test('an unknown member that is known as well', () => {
    const open = { ...question({}), unknownContext: ['intent'] }
    expect(() => point.residual(open)).toThrow(expect.objectContaining({ code: 'policy.evaluation-failed' }))
  })

  test('two versions of one entity', () => {
    const asked = question({})
    const twin: EntityFact = { ...asked.resource, attributes: { ...asked.resource.attributes, amount: 4 } }
    const facts = { entities: [...asked.facts.entities, twin], revision: '1' }
    expect(point.decide({ ...asked, facts })).toMatchObject(FAULT)
  })
})

test.each(both)(proves('policy:decide:smuggled', '%s'), (_engine, point) => {
  const smuggled = { __entity: { type: 'User', id: 'u' } }
  expect(() => toValue(smuggled)).toThrow(expect.objectContaining({ code: 'invocation.arguments-unsafe' }))
  // The form that a record value would have if its members were written as they are.
  const imitation = { record: { __entity: { record: { type: 'User', id: 'u' } } } }
  for (const owner of [
    imitation,
    smuggled,
    { record: smuggled },
    { __extn: { fn: 'unknown', arg: 'x' } },
    'User::"u"',
  ]) {
    expect(point.decide(question({ attributes: { owner } }))).toMatchObject(FAULT)
  }
  for (const to of [
    imitation,
    smuggled,
    { record: smuggled },
    { record: { __extn: { record: { fn: 'unknown', arg: 'x' } } } },
  ]) {
    expect(point.decide(question({ context: { arguments: { record: { to } } } }))).toMatchObject(FAULT)
  }
})

test.each(both)(proves('policy:decide:error-denies', '%s'), (_engine, point) => {
  const most = Number.MAX_SAFE_INTEGER
  expect(point.decide(question({ attributes: { amount: most }, limit: most }))).toMatchObject(FAULT)
  expect(point.decide(question({ attributes: { amount: 300 } }))).toMatchObject({
    effect: 'deny',
    code: 'invocation.denied',
    policies: ['huge'],
  })
})

test.each(both)(proves('policy:engine:broken', '%s'), (_engine, point) => {
  const asked = question({})
  const deep = `permit (principal, action, resource) when { ${'('.repeat(20_000)}true${')'.repeat(20_000)} };`
  const breakEngine = () => callCedar((cedar) => cedar.policyToJson(deep))
  expect(breakEngine).toThrow(expect.objectContaining({ code: 'policy.evaluation-failed' }))
  expect(point.decide(asked).effect).toBe('permit')
  expect(breakEngine).toThrow()
  expect(point.residual({ ...asked, unknownContext: [] }).policies.length).toBeGreaterThan(0)
  expect(point.reload()).toBe(false)
})

test.each(both)(proves('policy:residual:cached', '%s'), (engine, point) => {
  const base = { ...question({}), resource: { type: 'Doc' }, unknownContext: [] }
  const first = point.residual(base)
  expect(point.residual({ ...base })).toBe(first)
  const facts = { ...base.facts, entities: [{ ...base.facts.entities[0]!, attributes: { limit: 6 } }] }
  const others = [
    { ...base, principal: { type: 'User', id: 'v' } },
    { ...base, resource: question({}).resource },
    { ...base, context: { ...base.context, intent: 'y' } },
    { ...base, facts },
    { ...base, facts: { ...base.facts, revision: '2' } },
  ]
  for (const other of others) {
    // A principal without facts cannot be evaluated here; the others are answered, and none from the cache.
    if (other.principal.id === 'v') expect(() => point.residual(other)).toThrow(LockstepError)
    else expect(point.residual(other)).not.toBe(first)
  }
  const small = createDecisionPoint({
    folder: folder.path,
    obligations: { limit: { kind: 'integer' }, notify: { kind: 'none' } },
    cachedResiduals: 1,
    engine,
  })
  const kept = small.residual(base)
  small.residual({ ...base, facts })
  expect(small.residual(base)).not.toBe(kept)
  expect(small.residual(base)).toEqual(kept)
})

test.each(both)(proves('policy:residual:frozen', '%s'), (_engine, point) => {
  const residual = point.residual({ ...question({}), resource: { type: 'Doc' }, unknownContext: [] })
  expect(() => Object.assign(residual.policies[0]!.when, { op: 'value', value: true })).toThrow(TypeError)
  expect(() => Object.assign(residual.policies, { length: 0 })).toThrow(TypeError)
})

test.each([
  ['unknown option', { folder: folder.path, obligation: [] }],
  ['no folder', { folder: '' }],
  ['obligation named id', { folder: folder.path, obligations: { id: { kind: 'none' } } }],
  ['no time to load', { folder: folder.path, loading: { milliseconds: 0 } }],
  ['unknown bound', { folder: folder.path, loading: { seconds: 1 } as object }],
  ['actors', { folder: folder.path, actors: 'none' as 'any' }],
  ['cache', { folder: folder.path, cachedResiduals: 1.5 }],
  ['engine', { folder: folder.path, engine: 'cedar' as 'cedar-wasm' }],
  ['comparison of nothing', { folder: folder.path, compare: { fraction: 0 } }],
  ['comparison of more than all', { folder: folder.path, compare: { fraction: 1.1 } }],
  ['comparison without a fraction', { folder: folder.path, compare: {} as { fraction: number } }],
  [
    'comparison of another shape',
    { folder: folder.path, compare: { fraction: 1, often: true } as { fraction: number } },
  ],
  ['hook', { folder: folder.path, compare: { fraction: 1, onDisagreement: Reflect.get({ hook: 'x' }, 'hook') } }],
] as [string, DecisionPointOptions][])(proves('policy:options:checked', '%s'), (_name, options) => {
  expect(() => createDecisionPoint(options)).toThrow(TypeError)
})

test(proves('policy:context:declared'), () => {
  const shape = { whole: true }
  expect(point.contextOf('read')).toEqual({
    members: new Set(['intent', 'by', 'arguments']),
    resources: new Set(['Doc']),
    arguments: new Map([
      ['n', { required: false, shape }],
      ['to', { required: true, shape }],
    ]),
  })
  expect(point.contextOf('write')).toEqual({ members: new Set() })
})

test(proves('policy:context:blank'), () => {
  const blank = (type: string) => point.blankEntity({ type, id: '?' })
  expect(blank('User')).toEqual({ type: 'User', id: '?', attributes: { limit: 0 }, parents: [] })
  expect(blank('Doc')?.attributes).toEqual({ amount: 0, owner: ref('User', '') })
  expect(blank('Nothing')).toBeUndefined()
  const asked = question({})
  const facts = { ...asked.facts, entities: [...asked.facts.entities, blank('User')!] }
  expect(point.decide({ ...asked, facts }).effect).toBe('permit')
})
