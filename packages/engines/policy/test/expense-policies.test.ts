import {
  type Caller,
  type Circumstances,
  callContext,
  decideForBoth,
  type EntityFact,
  limits,
  residualForBoth,
} from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import { describe, expect, test } from 'vitest'
import tables from '../../../../examples/expense-approval/policies/tables.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { callerOf, expense, factsOf, MFA, type Person, POLICIES, PWD, tool } from './expense-fixture.ts'

const point = createDecisionPoint({ folder: POLICIES })

interface Asked extends NonNullable<Parameters<typeof callerOf>[1]> {
  readonly to?: string
  readonly labels?: readonly string[]
  readonly approver?: Person
}

function may(person: Person, action: string, resource: EntityFact, over: Asked = {}) {
  const caller = callerOf(person, over)
  const { to = 'x@expense.example', labels = [], approver } = over
  const circumstances: Circumstances = {
    labels,
    approval: approver && { by: { type: 'User', id: `user:${approver}` } },
  }
  const facts = factsOf(person, over.agent)
  const others = approver && approver !== person ? factsOf(approver).entities.slice(0, 1) : []
  return decideForBoth(point, caller, {
    action,
    resource,
    context: { ...callContext(caller, action, circumstances), arguments: { record: { to, text: 'report' } } },
    facts: { ...facts, entities: [...facts.entities, ...others] },
  })
}

function mayRead(person: Person, resource: EntityFact, field: string, form: string) {
  const caller = callerOf(person)
  const context = { ...callContext(caller, 'listExpenses'), field, form }
  return decideForBoth(point, caller, { action: 'read', resource, context, facts: factsOf(person) }).effect === 'permit'
}

function limitsOf(
  person: Person,
  action: string,
  resource: EntityFact | { readonly type: string },
  caller?: Caller,
  labels: readonly string[] = [],
) {
  const asker = caller ?? callerOf(person)
  const open = residualForBoth(point, asker, {
    action,
    resource,
    context: callContext(asker, action, { labels }),
    unknownContext: ['arguments'],
    facts: factsOf(person),
  })
  return limits(open.condition)
}

describe('approveExpense', () => {
  test.each([
    ['alice', expense(), 'permit'],
    ['alice', expense({ amount: 500_000 }), 'permit'],
    ['alice', expense({ amount: 500_001 }), 'deny'],
    ['alice', expense({ dept: '7' }), 'deny'],
    ['alice', expense({ status: 'approved' }), 'deny'],
    ['bob', expense(), 'deny'],
    ['carol', expense({ dept: '7', amount: 0 }), 'deny'],
    ['dave', expense({ amount: 0 }), 'deny'],
  ] as const)(proves('policy:expenses:approve', '%s'), (person, resource, effect) => {
    expect(may(person, 'approveExpense', resource).effect).toBe(effect)
  })

  const BOTH = { acr: [PWD, MFA], approver: 'bob' } as const
  test.each([
    ['with both', expense({ amount: 620_000 }), BOTH, 'permit'],
    ['at the upper bound', expense({ amount: 2_000_000 }), BOTH, 'permit'],
    ['above it', expense({ amount: 2_000_001 }), BOTH, 'deny'],
    ['without the second person', expense({ amount: 620_000 }), { acr: [PWD, MFA] }, 'deny'],
    ['without the second factor', expense({ amount: 620_000 }), { approver: 'bob' }, 'deny'],
    ['by somebody without the relation', expense({ amount: 620_000 }), { ...BOTH, approver: 'carol' }, 'deny'],
    ['by oneself', expense({ amount: 620_000 }), { ...BOTH, approver: 'alice' }, 'deny'],
    ['for another department', expense({ amount: 620_000, dept: '7' }), BOTH, 'deny'],
    ['for what is no longer submitted', expense({ amount: 620_000, status: 'approved' }), BOTH, 'deny'],
  ] as const)(proves('policy:expenses:second-person', '%s'), (_name, resource, over, effect) => {
    expect(may('alice', 'approveExpense', resource, over).effect).toBe(effect)
  })

  test(proves('policy:expenses:second-person', 'nobody without the relations of a manager'), () => {
    for (const person of ['carol', 'dave'] as const) {
      expect(may(person, 'approveExpense', expense({ amount: 620_000 }), BOTH).effect).toBe('deny')
    }
  })

  test(proves('policy:expenses:bearer'), () => {
    const decision = may('alice', 'approveExpense', expense(), { proof: 'bearer' })
    expect(decision).toMatchObject({ effect: 'deny', policies: ['bearer-never-approves'], refused: 'subject' })
    expect(may('alice', 'getExpense', expense(), { proof: 'bearer' }).effect).toBe('permit')
  })

  test(proves('discovery:limits:told'), () => {
    expect(limitsOf('alice', 'approveExpense', { type: 'Expense' })).toEqual({
      anyOf: [{ dept: { oneOf: ['42'] }, amount: { atMost: 500_000 }, status: { oneOf: ['submitted'] } }],
      complete: true,
    })
    expect(limitsOf('carol', 'getExpense', { type: 'Expense' })).toEqual({
      anyOf: [{ dept: { oneOf: ['7'] } }, { employee: { oneOf: ['user:carol'] } }],
      complete: true,
    })
  })

  test(proves('discovery:limits:told', 'no approval is counted, whatever the sign-in'), () => {
    const strong = callerOf('alice', { acr: [PWD, MFA] })
    expect(limitsOf('alice', 'approveExpense', { type: 'Expense' }, strong)).toEqual(
      limitsOf('alice', 'approveExpense', { type: 'Expense' }),
    )
  })

  test.each(['carol', 'dave'] as const)(proves('discovery:limits:never', '%s'), (person) => {
    expect(limitsOf(person, 'approveExpense', { type: 'Expense' })).toBe('never')
  })
})

test(proves('policy:expenses:report'), () => {
  const resource = tool('sendReport')
  expect(may('alice', 'sendReport', resource, { acr: [PWD, MFA] }).effect).toBe('permit')
  expect(may('alice', 'sendReport', resource).effect).toBe('deny')
  expect(may('dave', 'sendReport', resource, { acr: [PWD, MFA] }).effect).toBe('deny')
  expect(limitsOf('alice', 'sendReport', resource)).toBe('never')
  expect(limitsOf('alice', 'sendReport', resource, callerOf('alice', { acr: [PWD, MFA] }))).not.toBe('never')
})

describe(proves('policy:expenses:sequence'), () => {
  const send = (to: string, labels: readonly string[]) =>
    may('alice', 'sendReport', tool('sendReport'), { acr: [PWD, MFA], to, labels })
  test.each([
    ['inside', 'erin@expense.example', ['confidential'], 'permit'],
    ['outside', 'eve@elsewhere.example', [], 'permit'],
    ['outside with another label', 'eve@elsewhere.example', ['public'], 'permit'],
    ['outside after confidential data', 'eve@elsewhere.example', ['confidential'], 'deny'],
    ['to a domain that only ends alike', 'eve@not-expense.example', ['confidential'], 'deny'],
    ['to two addresses', 'eve@elsewhere.example,erin@expense.example', ['confidential'], 'deny'],
  ] as const)('%s', (_name, to, labels, effect) => {
    const decision = send(to, labels)
    expect(decision.effect).toBe(effect)
    if (effect === 'deny') expect(decision.policies).toEqual(['no-external-send-after-confidential'])
  })

  test('a question that does not say what was already given is no permit', () => {
    const caller = callerOf('alice', { acr: [PWD, MFA] })
    const context = { ...callContext(caller, 'sendReport'), arguments: { record: { to: 'a@b.c', text: '' } } }
    const asked = { action: 'sendReport', resource: tool('sendReport'), context, facts: factsOf('alice') }
    expect(decideForBoth(point, caller, asked)).toMatchObject({ effect: 'deny', code: 'policy.evaluation-failed' })
  })

  test('the tool stays listed for what remains inside', () => {
    const caller = callerOf('alice', { acr: [PWD, MFA] })
    expect(limitsOf('alice', 'sendReport', tool('sendReport'), caller, ['confidential'])).not.toBe('never')
  })
})

test(proves('policy:expenses:tools'), () => {
  const permitted = (person: Person) =>
    (['listExpenses', 'queryExpenses'] as const).filter((name) => may(person, name, tool(name)).effect === 'permit')
  expect(permitted('alice')).toEqual(['listExpenses', 'queryExpenses'])
  expect(permitted('dave')).toEqual(['listExpenses'])
  expect(may('dave', 'getExpense', expense({ employee: 'user:dave' })).effect).toBe('permit')
  expect(may('dave', 'getExpense', expense()).effect).toBe('deny')
})

test(proves('policy:both:narrower'), () => {
  const agent = 'spiffe://expense.example/agents/planner-43'
  expect(may('alice', 'approveExpense', expense(), { agent })).toMatchObject({ effect: 'deny', refused: 'actor' })
  expect(may('alice', 'listExpenses', tool('listExpenses'), { agent }).effect).toBe('permit')
  expect(may('dave', 'approveExpense', expense(), { agent })).toMatchObject({ effect: 'deny', refused: 'subject' })
})

describe('read', () => {
  const own = expense({ employee: 'user:dave' })
  test.each([
    // person, row, its own readings as `field form`
    ['alice', expense(), ['row plain', 'bank masked']],
    ['alice', expense({ dept: '7' }), []],
    ['carol', expense({ dept: '7' }), ['row plain', 'bank masked']],
    ['carol', expense(), []],
    ['dave', own, ['row plain']],
    ['dave', expense(), []],
  ] as const)(proves('policy:expenses:read', '%s %#'), (person, row, expected) => {
    const readings = ['row', 'bank', 'confidential', 'payroll', 'other'].flatMap((field) =>
      ['plain', 'masked'].filter((form) => mayRead(person, row, field, form)).map((form) => `${field} ${form}`),
    )
    expect(readings).toEqual(expected)
  })

  test(proves('policy:expenses:people'), () => {
    const departmentRow: EntityFact = { type: 'Department', id: '42', attributes: {}, parents: [] }
    const colleague: EntityFact = {
      type: 'Employee',
      id: 'user:dave',
      attributes: { department: { entity: { type: 'Department', id: '42' } } },
      parents: [],
    }
    expect(mayRead('dave', departmentRow, 'row', 'plain')).toBe(true)
    expect(mayRead('alice', colleague, 'row', 'plain')).toBe(true)
    expect(mayRead('carol', colleague, 'row', 'plain')).toBe(false)
    expect(mayRead('dave', colleague, 'row', 'plain')).toBe(false)
    for (const form of ['plain', 'masked']) expect(mayRead('alice', colleague, 'payroll', form)).toBe(false)
  })
})

test(proves('policy:expenses:tables'), () => {
  const columns = Object.values(tables['public.expenses'].columns)
  const attributes = columns.flatMap((column) => ('attribute' in column ? [column.attribute] : [])).sort()
  expect(attributes).toEqual(Object.keys(expense().attributes).sort())
})
