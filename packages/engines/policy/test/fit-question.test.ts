import { type EntityFact, isLockstepError, type Question, type Value } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { cedarAnswer, encoded, preparePolicySet, prepareSchema } from './oracle/cedar-answer.ts'
import { fit } from './oracle/compare.ts'
import { bundleOf } from './oracle/policy-pool.ts'
import { type Random, random } from './oracle/random.ts'
import { randomQuestion } from './oracle/random-question.ts'

const bundle = bundleOf(['@id("p") permit (principal, action, resource);'])
prepareSchema(bundle)
preparePolicySet(bundle)

/** Whether Cedar takes the question. What cannot be written as JSON for it never reaches it. */
function cedarTakes(question: Question): boolean {
  try {
    return cedarAnswer(encoded(question, bundle)) !== 'misfit'
  } catch (error) {
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return false
    throw error
  }
}

const entity = (type: string, id: string): Value => ({ entity: { type, id } })

const VALUES: readonly (Value | null | undefined | bigint)[] = [
  1,
  -0,
  1.5,
  2 ** 53,
  Number.NaN,
  1n,
  null,
  undefined,
  true,
  'a',
  '\ud800',
  '1.5',
  '1.55555',
  '10.0.0.1',
  '2026-01-01',
  '2026-02-30',
  '1h',
  { set: [] },
  { set: [1, 'a'] },
  { set: ['a'] },
  { set: [1, 1] },
  { set: [entity('Group', 'g1')] },
  { set: [entity('User', 'u1')] },
  { record: {} },
  { record: { x: 1, y: 2 } },
  { record: { x: 1, y: 2, z: 3 } },
  { record: { width: 1, unit: 2 } },
  { record: { x: 1, deep: { record: { b: true } } } },
  entity('User', 'anybody'),
  entity('Group', 'g1'),
  entity('Color', 'red'),
  entity('Color', 'pink'),
  entity('Nobody', 'x'),
  { extension: { type: 'decimal', text: '1.5' } },
  { extension: { type: 'decimal', text: '1' } },
  { extension: { type: 'ipaddr', text: '::1' } },
  { extension: { type: 'datetime', text: '2026-01-01' } },
  { extension: { type: 'datetime', text: '@5' } },
  { extension: { type: 'duration', text: '1h' } },
]

/** One thing about a question that is otherwise in order, changed; often into something that is in order too. */
const CHANGES: readonly ((question: Question, draw: Random) => Question)[] = [
  (question) => question,
  (question, draw) => ({
    ...question,
    action: draw.pick(['read', 'write', 'drop', 'all', 'some', 'nothing', 'toString']),
  }),
  (question, draw) => ({
    ...question,
    principal: draw.pick([
      { type: 'User', id: 'nobody' },
      { type: 'Bot', id: 'b9' },
      { type: 'Doc', id: 'd1' },
      { type: 'Color', id: 'red' },
      { type: 'Nobody', id: 'x' },
      { type: 'User', id: '\udc00' },
    ]),
  }),
  (question, draw) => ({ ...question, context: changed(question.context, draw) }),
  (question, draw) => ({ ...question, context: changed(question.context, draw) }),
  (question, draw) => ({ ...question, resource: changedFact(question.resource, draw) }),
  (question, draw) => ({ ...question, resource: changedFact(question.resource, draw) }),
  (question, draw) =>
    withFacts(question, (facts) => facts.map((fact) => (draw.once(2) ? changedFact(fact, draw) : fact))),
  (question, draw) =>
    withFacts(question, (facts) => [...facts, ...facts.slice(0, 1)].map((fact) => ({ ...fact, extra: draw.below(2) }))),
  (question, draw) =>
    withFacts(question, (facts) => [...facts, ...facts.slice(0, 1).map((fact) => changedFact(fact, draw))]),
  (question, draw) =>
    withFacts(question, (facts) => [
      ...facts,
      draw.pick<EntityFact>([
        { type: 'Color', id: 'red', attributes: {}, parents: [] },
        { type: 'Color', id: 'pink', attributes: {}, parents: [] },
        { type: 'Org', id: 'o9', attributes: {}, parents: [] },
        { type: 'Org', id: 'o9', attributes: {}, parents: [{ type: 'Org', id: 'o8' }] },
        { type: 'Group', id: 'g9', attributes: { rank: 1 }, parents: [{ type: 'Group', id: 'g9' }] },
        { type: 'Group', id: 'g9', attributes: { rank: 1 }, parents: [{ type: 'Group', id: 'g8' }] },
        { type: 'Nobody', id: 'x', attributes: {}, parents: [] },
        { type: 'Action', id: 'read', attributes: {}, parents: [] },
        { type: 'Doc', id: question.resource.id, attributes: {}, parents: [] },
      ]),
    ]),
  (question) =>
    withFacts(question, (facts) => [
      ...facts.filter(({ type }) => type !== 'Group'),
      { type: 'Group', id: 'g1', attributes: { rank: 1 }, parents: [{ type: 'Group', id: 'g2' }] },
      { type: 'Group', id: 'g2', attributes: { rank: 1 }, parents: [{ type: 'Group', id: 'g3' }] },
      { type: 'Group', id: 'g3', attributes: { rank: 1 }, parents: [{ type: 'Group', id: 'g1' }] },
    ]),
]

function withFacts(question: Question, change: (facts: readonly EntityFact[]) => readonly EntityFact[]): Question {
  return { ...question, facts: { ...question.facts, entities: change(question.facts.entities) } }
}

function changed(members: Readonly<Record<string, Value>>, draw: Random): Record<string, Value> {
  const copy: Record<string, Value> = { ...members }
  const name = draw.pick([...Object.keys(members), 'extra'])
  if (draw.once(4)) delete copy[name]
  else copy[name] = draw.pick(VALUES) as Value
  return copy
}

function changedFact(fact: EntityFact, draw: Random): EntityFact {
  switch (draw.below(4)) {
    case 0:
      return {
        ...fact,
        parents: [
          ...fact.parents,
          {
            type: draw.pick(['Group', 'Org', 'User', 'Doc', 'Nobody', 'Color']),
            id: draw.pick(['g3', 'red', 'pink', '\ud800']),
          },
        ],
      }
    case 1:
      return {
        ...fact,
        tags: { ...fact.tags, [draw.pick(['one', 'new', '__entity', ''])]: draw.pick(VALUES) as Value },
      }
    default:
      return { ...fact, attributes: changed(fact.attributes, draw) }
  }
}

test(proves('policy:engine:misfit-as-cedar'), () => {
  const draw = random(20_261_104)
  const split = { fits: 0, misfits: 0 }
  for (let cell = 0; cell < runs(2_000); cell += 1) {
    const question = draw.pick(CHANGES)(randomQuestion(draw), draw)
    const taken = cedarTakes(question)
    split[taken ? 'fits' : 'misfits'] += 1
    const text = () => JSON.stringify(question, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
    expect(fit(question, bundle) !== undefined, text()).toBe(taken)
  }
  expect(Math.min(split.fits, split.misfits) / (split.fits + split.misfits)).toBeGreaterThan(0.2)
}, 240_000)

describe(proves('policy:engine:stricter', 'data never becomes an entity or an action'), () => {
  const draw = random(1)
  const asked = Array.from({ length: 200 }, () => randomQuestion(draw)).find(({ action }) => action === 'write')
  if (!asked) throw new Error('no such question was drawn')

  test('a record that looks like a reference', () => {
    const by: Value = { record: { type: 'User', id: 'u1' } }
    const imitation = { ...asked, context: { ...asked.context, by } }
    // Cedar reads it as one, because the schema says so.
    expect(cedarTakes(imitation)).toBe(true)
    expect(fit(imitation, bundle)).toBeUndefined()
  })

  test('a fact about an action, even as the schema has it', () => {
    const fact = { type: 'Action', id: 'all', attributes: {}, parents: [] }
    const told = { ...asked, facts: { ...asked.facts, entities: [...asked.facts.entities, fact] } }
    expect(cedarTakes(told)).toBe(true)
    expect(fit(told, bundle)).toBeUndefined()
  })
})
