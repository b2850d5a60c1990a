import {
  condition,
  type EntityFact,
  evaluate,
  type Facts,
  type LimitBox,
  limits,
  type Question,
  substitute,
  type Value,
} from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { expense, MFA, type PersonFacts, POLICIES, PWD, userFact } from './expense-fixture.ts'

const point = createDecisionPoint({ folder: POLICIES })
const reference = createDecisionPoint({ folder: POLICIES, engine: 'cedar-wasm' })

const departments = fc.constantFrom('42', '7', '9')
const principalId = 'user:alice'

const facts: fc.Arbitrary<Facts> = fc
  .record({
    roles: fc.subarray(['finance', 'auditor', 'other'], { minLength: 1 }),
    manages: fc.subarray(['42', '7', '9']),
    coApproverFor: fc.subarray(['42', '7']),
    department: fc.option(departments, { nil: undefined }),
    approvalLimit: fc.constantFrom(0, 4_999, 500_000, 900_000),
  })
  .map((person) => ({ entities: [userFact(principalId, person)], revision: '1' }))

const rows: fc.Arbitrary<EntityFact> = fc
  .record({
    dept: departments,
    amount: fc.oneof(
      fc.constantFrom(0, 4_999, 5_000, 499_999, 500_000, 500_001, 2_000_000, 2_000_001),
      fc.nat(3_000_000),
    ),
    status: fc.constantFrom('submitted', 'submitted', 'approved'),
    employee: fc.constantFrom(principalId, 'user:dave'),
  })
  .map(expense)

const questions: fc.Arbitrary<Question> = fc
  .record({
    facts,
    resource: rows,
    action: fc.constantFrom('read', 'read', 'getExpense', 'approveExpense', 'approveExpense'),
    field: fc.constantFrom('row', 'row', 'bank', 'confidential'),
    form: fc.constantFrom('plain', 'masked'),
    proof: fc.constantFrom('dpop', 'dpop', 'mtls', 'bearer'),
    acr: fc.subarray([PWD, MFA]),
    approver: fc.option(
      fc.record({ id: fc.constantFrom('user:bob', 'user:bob', principalId), coApproverFor: fc.subarray(['42', '7']) }),
    ),
  })
  .map(({ field, form, proof, acr, approver, ...rest }) => ({
    ...rest,
    facts: approver && approver.id !== principalId ? withApprover(rest.facts, approver) : rest.facts,
    principal: { type: 'User', id: principalId },
    context: {
      intent: rest.action,
      actor: { entity: { type: 'Agent', id: 'a' } },
      proof,
      acr: { set: acr },
      ...(rest.action === 'read' && { field, form }),
      ...(rest.action === 'approveExpense' &&
        approver && { approval: { record: { by: { entity: { type: 'User', id: approver.id } } } } }),
    },
  }))

function withApprover(
  { entities, revision }: Facts,
  { id, coApproverFor }: Pick<PersonFacts, 'coApproverFor'> & { id: string },
): Facts {
  const facts = { roles: [], manages: [], coApproverFor, approvalLimit: 0 }
  return { entities: [...entities, userFact(id, facts)], revision }
}

/** Both answers must occur often enough for the comparison to mean something. */
function tally() {
  const seen = { permit: 0, deny: 0 }
  return {
    seen,
    check: () => expect(Math.min(seen.permit, seen.deny) / (seen.permit + seen.deny)).toBeGreaterThan(0.1),
  }
}

test(proves('policy:residual:agrees'), () => {
  const { seen, check } = tally()
  fc.assert(
    fc.property(questions, (question) => {
      const decision = reference.decide(question)
      seen[decision.effect] += 1
      const { resource } = question
      const open = { ...question, resource: { type: resource.type }, unknownContext: [] }
      const rest = condition(point.residual(open))
      const known = { facts: [...question.facts.entities, resource] }
      const bound = { resource: { entity: { type: resource.type, id: resource.id } } }
      expect(evaluate(rest, bound, known)).toBe(decision.effect === 'permit')
      expect(point.decide(question)).toEqual(decision)
      expect(substitute(rest, bound, known)).toEqual({ op: 'value', value: decision.effect === 'permit' })
    }),
    { numRuns: runs(400) },
  )
  check()
})

test(proves('policy:residual:row-as-record'), () => {
  const { seen, check } = tally()
  fc.assert(
    fc.property(questions, (question) => {
      const decision = reference.decide(question)
      seen[decision.effect] += 1
      const open = { ...question, resource: { type: 'Expense' }, unknownContext: [] }
      const rest = condition(point.residual(open))
      expect(evaluate(rest, { resource: { record: question.resource.attributes } })).toBe(decision.effect === 'permit')
    }),
    { numRuns: runs(200) },
  )
  check()
})

test(proves('policy:residual:specialized'), () => {
  const { seen, check } = tally()
  fc.assert(
    fc.property(questions, (question) => {
      fc.pre(question.action === 'read')
      const decision = reference.decide(question)
      seen[decision.effect] += 1
      const { field, form, ...context } = question.context
      const open = { ...question, context, resource: { type: 'Expense' }, unknownContext: ['field', 'form'] }
      const special = substitute(condition(point.residual(open)), {
        'context.field': field as Value,
        'context.form': form as Value,
      })
      expect(evaluate(special, { resource: { record: question.resource.attributes } })).toBe(
        decision.effect === 'permit',
      )
    }),
    { numRuns: runs(200) },
  )
  check()
})

function fits(box: LimitBox, attributes: Readonly<Record<string, Value>>): boolean {
  return Object.entries(box).every(([name, bound]) => {
    const value = attributes[name]
    const told = typeof value === 'object' && 'entity' in value ? value.entity.id : value
    if (typeof told === 'object' || told === undefined) return false
    if (bound.oneOf && !bound.oneOf.includes(told)) return false
    if (bound.atLeast !== undefined && !(Number(told) >= bound.atLeast)) return false
    return bound.atMost === undefined || Number(told) <= bound.atMost
  })
}

test(proves('discovery:limits:sound'), () => {
  const { seen, check } = tally()
  let complete = 0
  fc.assert(
    fc.property(questions, (question) => {
      const decision = reference.decide(question)
      seen[decision.effect] += 1
      const open = { ...question, resource: { type: 'Expense' }, unknownContext: [] }
      const told = limits(condition(point.residual(open)))
      const inside = told !== 'never' && told.anyOf.some((box) => fits(box, question.resource.attributes))
      if (decision.effect === 'permit') expect(inside).toBe(true)
      if (told === 'never' || !told.complete) return
      complete += 1
      expect(inside).toBe(decision.effect === 'permit')
    }),
    { numRuns: runs(400) },
  )
  check()
  expect(complete).toBeGreaterThan(50)
})
