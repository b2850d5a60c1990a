import { condition, type EntityFact, evaluate, type Facts, type Question } from '@lockstep/core'
import { createDecisionPoint, loadPolicies } from '@lockstep/policy'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { decodeExpr } from '../src/decode-expr.ts'
import { policyFolder } from './policy-folder.ts'

const SCHEMA = `entity Group in [Group];
entity User in [Group] { level: Long, tags: Set<String>, home: Group };
entity Doc in [Group] { amount: Long, title: String, labels: Set<String>, owner: User, group: Group, note?: String, open: Bool, size: { width: Long, unit?: String }, place: { x: Long, y: Long }, price?: decimal };
action all;
action read, write in [all] appliesTo { principal: User, resource: Doc, context: { intent: String, limit: Long } };
`

/** Each is the body of one permit or forbid over an unknown resource. */
const CONDITIONS = [
  'resource.amount < 3',
  'resource.amount <= principal.level',
  'resource.amount > 3',
  'resource.amount >= context.limit',
  'resource.amount != 3',
  'resource.amount == 3 || resource.open',
  '!(resource.open && resource.amount < 4)',
  'resource has note && resource.note like "a*b*"',
  'resource has note && resource.note like "*\\*"',
  'if resource.open then resource.amount < 2 else resource.title == "x"',
  'if resource has note then resource.note == "a" else principal.level > 2',
  '(if resource.open then 1 else resource.amount) <= 2',
  'resource.labels.contains("red")',
  'resource.labels.containsAll(principal.tags)',
  'resource.labels.containsAny(principal.tags)',
  'principal.tags.containsAll(resource.labels)',
  'resource.labels.isEmpty()',
  'resource.labels == principal.tags',
  '[1, 2, resource.amount].contains(principal.level)',
  '["x", "y"].contains(resource.title)',
  'resource.owner == principal',
  'principal == resource.owner && resource is Doc',
  'resource in Group::"a"',
  'resource.group in Group::"a"',
  'resource.group in [Group::"b", principal.home]',
  'principal in resource.group',
  'resource.size.width + 1 < principal.level * 2',
  '-resource.amount < -2',
  'resource.amount - 2 == 1',
  'resource.size has unit && resource.size.unit == "cm"',
  'resource has size.unit',
  '{ a: resource.amount, b: 1 }.a == 2',
  'resource.place == { y: 1, x: principal.level }',
  'context.intent == "x" && resource.title == context.intent',
  'principal is User in Group::"a" && resource.open',
] as const

const groups = fc.constantFrom('a', 'b', 'c')
const labels = fc.subarray(['red', 'green'])
const group = (id: string) => ({ type: 'Group', id })

const cases = fc.record({
  level: fc.integer({ min: 0, max: 4 }),
  tags: labels,
  home: groups,
  member: fc.option(groups, { nil: undefined }),
  nested: fc.boolean(),
  amount: fc.integer({ min: 0, max: 5 }),
  title: fc.constantFrom('x', 'y', 'z'),
  labels,
  owner: fc.constantFrom('u', 'v'),
  group: groups,
  inGroup: fc.option(groups, { nil: undefined }),
  note: fc.constantFrom(undefined, 'a', 'a-b-c', 'star*', 'ab'),
  open: fc.boolean(),
  width: fc.integer({ min: 0, max: 4 }),
  unit: fc.constantFrom(undefined, 'cm'),
  intent: fc.constantFrom('x', 'y'),
  limit: fc.integer({ min: 0, max: 5 }),
})
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

function questionOf(given: Case): Question {
  const texts = (values: readonly string[]) => ({ set: values })
  const user = (id: string): EntityFact => ({
    type: 'User',
    id,
    attributes: { level: given.level, tags: texts(given.tags), home: { entity: group(given.home) } },
    parents: given.member ? [group(given.member)] : [],
  })
  const resource: EntityFact = {
    type: 'Doc',
    id: 'd',
    attributes: {
      amount: given.amount,
      title: given.title,
      labels: texts(given.labels),
      owner: { entity: { type: 'User', id: given.owner } },
      group: { entity: group(given.group) },
      ...(given.note !== undefined && { note: given.note }),
      open: given.open,
      place: { record: { x: given.width, y: 1 } },
      size: { record: { width: given.width, ...(given.unit !== undefined && { unit: given.unit }) } },
    },
    parents: given.inGroup ? [group(given.inGroup)] : [],
  }
  const hierarchy: EntityFact = { ...group('c'), attributes: {}, parents: given.nested ? [group('a')] : [] }
  const facts: Facts = { entities: [user('u'), hierarchy], revision: '1' }
  const context = { intent: given.intent, limit: given.limit }
  return { principal: { type: 'User', id: 'u' }, action: 'read', resource, context, facts }
}

function agree(folder: string, numRuns: number): ReadonlySet<boolean> {
  const point = createDecisionPoint({ folder })
  const reference = createDecisionPoint({ folder, engine: 'cedar-wasm' })
  const seen = new Set<boolean>()
  fc.assert(
    fc.property(cases, (given) => {
      const question = questionOf(given)
      const decision = reference.decide(question)
      // A fault is a deny as well; nothing here may be one.
      if (decision.effect === 'deny') expect(decision.code).toBe('invocation.denied')
      const { resource } = question
      const rest = condition(point.residual({ ...question, resource: { type: 'Doc' }, unknownContext: [] }))
      const known = { facts: [...question.facts.entities, resource] }
      const answer = evaluate(rest, { resource: { entity: { type: 'Doc', id: 'd' } } }, known)
      expect(answer).toBe(decision.effect === 'permit')
      seen.add(decision.effect === 'permit')
    }),
    { numRuns },
  )
  return seen
}

describe(proves('policy:residual:operators'), () => {
  const folder = policyFolder({ 'schema.cedarschema': SCHEMA })
  afterAll(folder.remove)

  test.each(CONDITIONS)('%s', (body) => {
    folder.write({ 'a.cedar': `@id("a") permit (principal, action in Action::"all", resource) when { ${body} };` })
    expect(agree(folder.path, runs(60))).toEqual(new Set([true, false]))
  })

  test('in combination, with forbids', () => {
    const sets = fc.array(fc.tuple(fc.constantFrom('permit', 'permit', 'forbid'), fc.subarray([...CONDITIONS])), {
      minLength: 1,
      maxLength: 4,
    })
    const seen = new Set<boolean>()
    fc.assert(
      fc.property(sets, fc.boolean(), (policies, disjoint) => {
        const text = policies.map(([effect, bodies], index) => {
          const body =
            bodies
              .slice(0, 3)
              .map((one) => `(${one})`)
              .join(disjoint ? ' || ' : ' && ') || 'true'
          return `@id("p${index}") ${effect} (principal, action, resource) when { ${body} };`
        })
        folder.write({ 'a.cedar': text.join('\n') })
        fc.pre(canHold(folder.path))
        for (const answer of agree(folder.path, 10)) seen.add(answer)
      }),
      { numRuns: runs(25) },
    )
    expect(seen).toEqual(new Set([true, false]))
  })
})

/** Drawn conditions may contradict each other, and are then refused. */
function canHold(folder: string): boolean {
  try {
    loadPolicies(folder)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'policy.invalid', message: expect.stringContaining('can never hold') })
    return false
  }
}

test.each([
  ['a slot', { Slot: '?principal' }],
  ['an operator of another version', { '**': { left: { Value: 1 }, right: { Value: 2 } } }],
  ['an extension function of another version', { isFqdn: [{ Value: 'a' }] }],
  ['a function that every object has', { toString: [{ Value: 'a' }] }],
  ['an extension value of another form', { Value: { __extn: { fn: 'decimal', arg: '1' } } }],
  ['two operators at once', { Value: 1, Var: 'principal' }],
  ['no operator', {}],
  ['null', { Value: null }],
  ['an integer that was rounded', { Value: 2 ** 53 }],
  ['a member that is missing', { '&&': { left: { Value: true } } }],
])(proves('policy:residual:unsupported', '%s'), (_name, json) => {
  expect(() => decodeExpr(json)).toThrow(expect.objectContaining({ code: 'policy.evaluation-failed' }))
  const nested = { '||': { left: { Value: true }, right: json } }
  expect(() => decodeExpr(nested)).toThrow(expect.objectContaining({ code: 'policy.evaluation-failed' }))
})
