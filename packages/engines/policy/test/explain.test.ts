import { actorEntity, callContext, subjectEntity } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createDecisionPoint } from '../src/index.ts'
import { callerOf, expense, factsOf, MFA, POLICIES, PWD, userFact } from './expense-fixture.ts'
import { policyFolder } from './policy-folder.ts'

function ask(over: { readonly amount?: number; readonly acr?: readonly string[] } = {}) {
  const caller = callerOf('alice', { acr: over.acr ?? [PWD] })
  return {
    principal: subjectEntity(caller),
    action: 'approveExpense',
    resource: expense({ amount: over.amount ?? 480_000 }),
    context: callContext(caller, 'approveExpense'),
    facts: factsOf('alice'),
  }
}

test(proves('policy:explain:conditions'), () => {
  const point = createDecisionPoint({ folder: POLICIES })
  const { decision, policies } = point.explain(ask({ amount: 620_000 }))
  expect(decision).toEqual(point.decide(ask({ amount: 620_000 })))
  expect(policies.map(({ id, applies }) => [id, applies])).toEqual([
    ['manager-approves', false],
    ['manager-approves-with-second-person', false],
    ['bearer-never-approves', false],
  ])
  expect(policies[0]?.conditions.map(({ line, outcome, text }) => [line, outcome, text])).toEqual([
    [5, 'holds', 'principal in Role::"finance"'],
    [7, 'holds', 'resource is Expense'],
    [9, 'holds', 'principal.manages.contains(resource.dept)'],
    [10, 'fails', 'resource.amount <= principal.approvalLimit'],
    [11, 'fails', 'resource.amount <= 500000'],
    [12, 'holds', 'resource.status == "submitted"'],
  ])
  expect(policies[0]?.conditions[3]?.reads).toEqual([
    { path: 'resource.amount', value: 620_000, withheld: false },
    { path: 'principal.approvalLimit', value: 500_000, withheld: false },
  ])
  expect(policies[1]?.conditions.at(-1)).toMatchObject({ outcome: 'unreached', line: 30 })
})

describe('a policy is cut where it can be cut', () => {
  const schema = `
    entity User { limit: Long, name?: String };
    entity Doc { size: Long, open: Bool };
    action see appliesTo { principal: [User], resource: [Doc] };`
  const explain = (policy: string) => {
    const folder = policyFolder({ 'schema.cedarschema': schema, 'see.cedar': policy })
    const point = createDecisionPoint({ folder: folder.path })
    folder.remove()
    const attributes = { limit: 3 }
    const { policies } = point.explain({
      principal: { type: 'User', id: 'u' },
      action: 'see',
      resource: { type: 'Doc', id: 'd', attributes: { size: 5, open: false }, parents: [] },
      context: {},
      facts: { entities: [{ type: 'User', id: 'u', attributes, parents: [] }], revision: '1' },
    })
    return policies[0]?.conditions.map(({ text, line, outcome }) => [text, line, outcome])
  }
  const head = '@id("p")\npermit (principal, action, resource)'

  test.each([
    [
      'a comment and a string with an operator in it',
      `${head} when { // a && b\n  principal.limit > 2 && // "x"\n !(principal has name && principal.name == "a && b")\n};`,
      [
        ['principal.limit > 2', 3, 'holds'],
        ['!(principal has name && principal.name == "a && b")', 4, 'holds'],
      ],
    ],
    [
      'what something weaker holds together',
      `${head}\nwhen { resource.open && principal.limit > 2 || resource.size == 5 };`,
      [['resource.open && principal.limit > 2 || resource.size == 5', 3, 'holds']],
    ],
    [
      'an `if`',
      `${head}\nwhen { if resource.open then principal.limit > 2 && resource.open else resource.size == 5 };`,
      [['if resource.open then principal.limit > 2 && resource.open else resource.size == 5', 3, 'holds']],
    ],
    [
      'an `unless`, and a second clause',
      `${head}\nunless { resource.open && principal.limit > 2 }\nwhen { resource.size < principal.limit };`,
      [
        ['unless { resource.open && principal.limit > 2 }', 3, 'holds'],
        ['resource.size < principal.limit', 4, 'fails'],
      ],
    ],
    ['a bare permit', `${head};`, []],
  ])(proves('policy:explain:conditions', '%s'), (_, policy, conditions) => {
    expect(explain(policy)).toEqual(conditions)
  })
})

test(proves('policy:explain:conditions', 'a question that does not fit is a fault without policies'), () => {
  const point = createDecisionPoint({ folder: POLICIES })
  const { decision, policies } = point.explain({ ...ask(), action: 'invented' })
  expect(decision).toMatchObject({ effect: 'deny', code: 'policy.evaluation-failed' })
  expect(policies).toEqual([])
})

test(proves('policy:explain:facts', 'what a condition lacks'), () => {
  const point = createDecisionPoint({ folder: POLICIES })
  const none = userFact('user:alice', { roles: [], manages: [], coApproverFor: [], approvalLimit: 0 })
  const { policies } = point.explain({ ...ask(), facts: { entities: [none], revision: '1' } })
  const user = { type: 'User', id: 'user:alice' }
  expect(policies[0]?.conditions.flatMap(({ needs }) => needs ?? [])).toEqual([
    { entity: user, kind: 'member', of: { type: 'Role', id: 'finance' } },
    { entity: user, kind: 'add', attribute: 'manages', value: { entity: { type: 'Department', id: '42' } } },
    { entity: user, kind: 'set', attribute: 'approvalLimit', value: 480_000 },
  ])
})

test(proves('policy:explain:both', 'each is asked about by itself'), () => {
  const point = createDecisionPoint({ folder: POLICIES })
  const other = callerOf('alice', { agent: 'spiffe://expense.example/agents/other', acr: [PWD, MFA] })
  const question = { ...ask(), context: callContext(other, 'approveExpense'), facts: factsOf('alice', other.actor.id) }
  expect(point.explain(question).decision.effect).toBe('permit')
  const actor = point.explain({ ...question, principal: actorEntity(other) })
  expect(actor.decision).toMatchObject({ effect: 'deny', code: 'invocation.denied' })
  expect(actor.policies.flatMap(({ conditions }) => conditions.map(({ text }) => text))).toContain(
    'principal == Agent::"spiffe://expense.example/agents/planner-42"',
  )
})
