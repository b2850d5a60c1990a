import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { compilePolicies } from '../src/compiled-policies.ts'
import { cedarAnswer, encoded, preparePolicySet, prepareSchema } from './oracle/cedar-answer.ts'
import { ownAnswer, told } from './oracle/compare.ts'
import { bundleOf } from './oracle/policy-pool.ts'
import { random } from './oracle/random.ts'
import { randomQuestion } from './oracle/random-question.ts'

const SCOPES = {
  any: 'principal, action, resource',
  one: 'principal, action == Action::"read", resource',
  group: 'principal, action in Action::"some", resource',
  outer: 'principal, action in Action::"all", resource',
  list: 'principal, action in [Action::"drop", Action::"write"], resource',
  doc: 'principal, action, resource is Doc',
  item: 'principal, action, resource is Shop::Item',
  'one-doc': 'principal, action, resource == Doc::"d1"',
  'in-group': 'principal, action, resource in Group::"g1"',
  'in-org': 'principal in Org::"o1", action, resource',
  'in-user': 'principal in User::"u1", action, resource',
  user: 'principal is User, action, resource',
  'bot-in': 'principal is Bot in Group::"g1", action, resource',
} as const

/** Clauses that hold for some questions and not for others. */
const CLAUSES = {
  'when-once': 'when { resource.open }',
  'unless-once': 'unless { resource.open }',
  'when-twice': 'when { resource.open } when { principal is User }',
  'when-unless': 'when { resource.open } unless { resource.amount < 1 }',
  'unless-twice': 'unless { resource.open } unless { resource.amount < 1 }',
} as const

const bundle = bundleOf(Object.entries(SCOPES).map(([id, scope]) => `@id("${id}") permit (${scope});`))
const slice = compilePolicies(bundle)

describe(proves('policy:engine:sliced'), () => {
  test.each([
    [
      'read',
      'User',
      'Doc',
      ['any', 'one', 'group', 'outer', 'doc', 'one-doc', 'in-group', 'in-org', 'in-user', 'user'],
    ],
    ['read', 'Bot', 'Shop::Item', ['any', 'one', 'group', 'outer', 'item', 'in-group', 'in-org', 'bot-in']],
    ['write', 'User', 'Doc', ['any', 'outer', 'list', 'doc', 'one-doc', 'in-group', 'in-org', 'in-user', 'user']],
    ['drop', 'User', 'Shop::Item', ['any', 'list', 'item', 'in-group', 'in-org', 'in-user', 'user']],
  ])('%s by %s on %s', (action, principal, resource, ids) => {
    expect(slice(action, principal, resource).map(({ id }) => id)).toEqual(ids)
  })

  test('what is settled by the slice is not evaluated again', () => {
    const [user] = slice('drop', 'User', 'Shop::Item').filter(({ id }) => id === 'user')
    expect(user?.when).toEqual({ op: 'value', value: true })
    expect(slice('read', 'User', 'Doc')).toBe(slice('read', 'User', 'Doc'))
  })

  test('by scopes and clauses, as Cedar reads them', () => {
    const whole = bundleOf([
      ...Object.entries(SCOPES).map(([id, scope]) => `@id("${id}") permit (${scope});`),
      ...Object.entries(CLAUSES).map(
        ([id, clauses]) => `@id("${id}") permit (principal, action, resource) ${clauses};`,
      ),
    ])
    prepareSchema(whole)
    preparePolicySet(whole)
    const all = compilePolicies(whole)
    const draw = random(20_261_105)
    const held = new Map<string, number>()
    const questions = Array.from({ length: 300 }, () => randomQuestion(draw))
    for (const question of questions) {
      const cedar = cedarAnswer(encoded(question, whole))
      if (cedar === 'misfit') throw new Error('a drawn question does not fit')
      expect(ownAnswer(question, whole, all), told(question, whole)).toEqual(cedar)
      for (const id of cedar.reason) held.set(id, (held.get(id) ?? 0) + 1)
    }
    // Each of them decides, and all but the one for everything do not always.
    expect([...held.keys()].sort()).toEqual([...whole.policies.keys()].sort())
    expect([...held].filter(([, times]) => times === questions.length).map(([id]) => id)).toEqual(['any'])
  })
})
