import type { EntityFact, Question } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { compilePolicies } from '../src/compiled-policies.ts'
import { createLockstepEngine } from '../src/lockstep-engine.ts'
import { cedarAnswer, encoded, preparePolicySet, prepareSchema } from './oracle/cedar-answer.ts'
import { compareResidual, ownAnswer } from './oracle/compare.ts'
import { bundleOf } from './oracle/policy-pool.ts'

const entity = (type: string, id: string) => ({ entity: { type, id } })

const DOC: EntityFact = {
  type: 'Doc',
  id: 'd1',
  attributes: {
    amount: 1,
    title: 'a',
    open: false,
    owner: entity('User', 'u1'),
    labels: { set: [] },
    nums: { set: [] },
    groups: { set: [] },
    group: entity('Group', 'g1'),
    color: entity('Color', 'red'),
    price: '1.5',
    due: '2026-01-01',
    life: '1h',
    host: '::1',
    place: { record: { x: 0, y: 0 } },
    size: { record: { width: 1 } },
  },
  parents: [],
}

const question = (over: Partial<Question> = {}): Question => ({
  principal: { type: 'User', id: 'gone' },
  action: 'write',
  resource: DOC,
  context: { n: 1, text: 'a', flag: true, tags: { set: [] }, by: entity('User', 'gone') },
  facts: { entities: [], revision: '1' },
  ...over,
})

/** What once was answered in another way than by Cedar, cut down to what mattered. Each is named for what went wrong. */
const COUNTEREXAMPLES: readonly (readonly [string, readonly string[], Question])[] = [
  [
    'the principal is gone: reading an attribute fails, though what follows is false for the type of the resource',
    ['permit (principal is User, action, resource) when { principal.active && resource is Shop::Item };'],
    question(),
  ],
  [
    'the same on the left of an alternative that is true',
    ['forbid (principal is User, action, resource is Doc) when { principal.active || resource is Doc };'],
    question(),
  ],
  [
    'a bound on the principal must not be merged away with what would have failed',
    [
      'permit (principal is User, action, resource) when { principal.level < 5 && principal.level < 3 && resource.open };',
    ],
    question(),
  ],
]

describe(proves('policy:engine:counterexamples'), () => {
  test.each(COUNTEREXAMPLES)('%s', (_name, texts, asked) => {
    const bundle = bundleOf(texts.map((text, index) => `@id("p${index}") ${text}`))
    prepareSchema(bundle)
    preparePolicySet(bundle)
    const cedar = cedarAnswer(encoded(asked, bundle))
    if (cedar === 'misfit') throw new Error('the question does not fit')
    expect(ownAnswer(asked, bundle, compilePolicies(bundle))).toEqual(cedar)
    const engine = createLockstepEngine(bundle)
    const open = { ...asked, resource: { type: asked.resource.type }, unknownContext: [] }
    // Where a policy fails whatever the row is, there is no residual.
    if (cedar.errors.length > 0) expect(() => engine.residual(open)).toThrow(/error/)
    else compareResidual(engine.residual(open), asked, cedar, bundle)
  })
})
