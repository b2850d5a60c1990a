import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DecisionPoint } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { POLICIES, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { countFactorSets, MOST_FACTOR_SETS } from '../src/count-factor-sets.ts'
import { possibleNeeds } from '../src/possible-needs.ts'
import { createWorld, told } from './approval-world.ts'
import { changedApprovals, changedPolicies } from './changed-policies.ts'

const RULES = [
  { relation: 'coApproverFor', of: 'dept' },
  { relation: 'manages', of: 'dept' },
  { relation: 'roles', of: 'status' },
]
const named = (count: number) => [PWD, ...Array.from({ length: count - 1 }, (_, index) => `urn:acr:${index}`)]

/** The example, whose larger amounts nobody may approve whatever they do, with so many factors declared. */
function worldOf(acr: number, ages: number, rules: number) {
  const schema = readFileSync(join(POLICIES, 'schema.cedarschema'), 'utf8').replace(
    'approval?: { by: User },',
    'approval?: { by: User, count: Long },\n    signInAge?: Long,',
  )
  const never = changedApprovals(
    'context.approval.by.coApproverFor.contains(resource.dept)',
    'context.approval.count > 99',
  )
  const { point } = changedPolicies({ ...never, 'schema.cedarschema': schema })
  let asked = 0
  const decide: DecisionPoint['decide'] = (question) => {
    asked += 1
    return point.decide(question)
  }
  const counting = Object.create(point, { decide: { value: decide } }) as DecisionPoint
  const world = createWorld({
    point: counting,
    approvals: { approvers: RULES.slice(0, rules) },
    invocation: {
      acrValues: named(acr),
      maxAges: Array.from({ length: ages }, (_, index) => (index + 1) * 60),
    },
  })
  return { world, asked: () => asked }
}

test(proves('invocation:step-up:bounded', 'each set once'), async () => {
  for (const [acr, ages, rules] of [
    [1, 0, 1],
    [3, 2, 1],
    [2, 2, 2],
    [4, 3, 3],
  ] as const) {
    const { world, asked } = worldOf(acr, ages, rules)
    const outcome = await world.authorize(world.as('alice'), world.call('INV-9001'))
    expect(told(outcome)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
    const sets = countFactorSets({ acrValues: acr, maxAges: ages, approvers: rules })
    expect(asked(), 'at all').toBeGreaterThan(0)
    // Of each set both principals are asked about, with each of the people in it.
    expect(asked(), `${acr} ${ages} ${rules}`).toBeLessThanOrEqual(2 + sets * 2 * rules)
    expect(world.written, 'nobody is asked for consent').toEqual([])
  }
})

test(proves('invocation:step-up:bounded', 'too many'), () => {
  expect(countFactorSets({ acrValues: 7, maxAges: 6, approvers: 3 })).toBeLessThanOrEqual(MOST_FACTOR_SETS)
  expect(() => worldOf(7, 6, 3)).not.toThrow()
  expect(() => worldOf(8, 6, 3)).toThrow(/can be demanded in 2204 ways: expected at most 2048/)
  expect(() => worldOf(2_049, 0, 1)).toThrow(TypeError)
})

test(proves('invocation:step-up:bounded', 'as many as there are'), () => {
  const visible = new Map([['count', { required: true, shape: { whole: true } as const }]])
  for (let rules = 0; rules <= 5; rules += 1) {
    const given = Array.from({ length: rules }, (_, index) => ({ relation: `r${index}`, of: 'x' }))
    const needs = possibleNeeds(given, visible)
    expect(countFactorSets({ acrValues: 0, maxAges: 0, approvers: rules })).toBe(needs.length)
  }
})
