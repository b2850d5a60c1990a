import {
  type Expr,
  evaluate,
  FALSE,
  isLockstepError,
  literal,
  mergeBounds,
  neverHolds,
  simplify,
  TRUE,
  type Value,
} from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { branch, conditions, rows, rowValue } from './random-expr.ts'

/** The value, or `error`. */
function outcome(expr: Expr, resource: Value): Value {
  try {
    return evaluate(expr, { resource }, { facts: [] })
  } catch (error) {
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return 'error'
    throw error
  }
}

function size(expr: Expr): number {
  return JSON.stringify(expr).length
}

test(proves('policy:simplify:bounds', 'no answer and no error is added or lost'), () => {
  let shorter = 0
  let never = 0
  fc.assert(
    fc.property(conditions(true), fc.array(rows, { minLength: 8, maxLength: 8 }), (drawn, drawnRows) => {
      const expr = simplify(drawn)
      const merged = mergeBounds(expr)
      expect(size(merged)).toBeLessThanOrEqual(size(expr))
      if (size(merged) < size(expr)) shorter += 1
      const proved = neverHolds(expr)
      if (proved && expr !== FALSE) never += 1
      for (const row of drawnRows) {
        const answer = outcome(expr, rowValue(row))
        expect(outcome(merged, rowValue(row))).toEqual(answer)
        if (proved) expect(answer).not.toBe(true)
      }
    }),
    { numRuns: runs(1500) },
  )
  // It found something to do.
  expect(shorter).toBeGreaterThan(10)
  expect(never).toBeGreaterThan(2)
})

const resource: Expr = { op: 'unknown', name: 'resource' }
const get = (attribute: string): Expr => ({ op: 'get', of: resource, attribute })
const amount = get('amount')
const flag = get('flag')
const both = (left: Expr, right: Expr): Expr => ({ op: 'and', left, right })
const either = (left: Expr, right: Expr): Expr => ({ op: 'or', left, right })
const atMost = (limit: number, of = amount): Expr => ({ op: 'lessOrEqual', left: of, right: literal(limit) })
const below = (limit: number, of = amount): Expr => ({ op: 'less', left: of, right: literal(limit) })
const above = (limit: number): Expr => ({ op: 'less', left: literal(limit), right: amount })
const is = (value: Value, of = amount): Expr => ({ op: 'equal', left: of, right: literal(value) })
const among = (values: readonly Value[], of: Expr): Expr => ({
  op: 'contains',
  left: literal({ set: values }),
  right: of,
})
const not = (of: Expr): Expr => ({ op: 'not', of })
const field: Expr = { op: 'unknown', name: 'context.field' }
const nested: Expr = { op: 'get', of: { op: 'unknown', name: 'context.arguments' }, attribute: 'to' }
const overflow: Expr = { op: 'less', left: { op: 'add', left: amount, right: amount }, right: literal(1) }

test.each<[string, Expr, Expr]>([
  ['a wider bound before', both(atMost(5), atMost(3)), atMost(3)],
  ['a wider bound behind', both(atMost(3), atMost(5)), atMost(3)],
  ['a strict bound beside a weak one', both(atMost(3), below(3)), below(3)],
  ['with something in between', both(both(atMost(5), flag), atMost(3)), both(flag, atMost(3))],
  ['an empty interval', both(atMost(3), above(3)), FALSE],
  ['an interval of one', both(atMost(3), above(2)), both(atMost(3), above(2))],
  ['two values at once', both(is('a'), is('b')), FALSE],
  ['a value of the list', both(among(['a', 'b'], amount), is('b')), is('b')],
  ['a value outside the list', both(among(['a', 'b'], amount), is('c')), FALSE],
  ['a value that is excluded', both(not(is('a')), is('a')), FALSE],
  ['an unknown of its own', both(is('row', field), is('bank', field)), FALSE],
  ['a nested unknown', both(is('x', nested), is('y', nested)), FALSE],
  ['two different attributes', both(is('a'), is('b', flag)), both(is('a'), is('b', flag))],
  ['a flag and its opposite', both(flag, not(flag)), FALSE],
  ['a flag twice', both(flag, flag), flag],
  ['either of two intervals that cover all', either(below(5), above(2)), TRUE],
  ['a narrower one behind', either(atMost(5), atMost(3)), atMost(5)],
  ['a narrower one before', either(atMost(3), atMost(5)), atMost(5)],
  ['a flag or its opposite', either(flag, not(flag)), TRUE],
  ['inside a negation', not(both(atMost(5), atMost(3))), not(atMost(3))],
  ['inside a branch', branch(flag, both(atMost(3), above(3)), atMost(1)), both(not(flag), atMost(1))],
  ['behind what may fail', both(overflow, both(atMost(3), above(3))), both(overflow, FALSE)],
])(proves('policy:simplify:bounds', '%s'), (_name, expr, expected) => {
  expect(mergeBounds(expr)).toEqual(expected)
})

test.each<[string, Expr]>([
  ['a bound that guards what may fail', both(both(atMost(5), overflow), atMost(3))],
  ['what may fail, twice', both(overflow, overflow)],
  [
    'a bound of the principal, who may be gone',
    both(atMost(5, { op: 'get', of: { op: 'unknown', name: 'principal' }, attribute: 'n' }), FALSE),
  ],
])(proves('policy:simplify:bounds', 'stays: %s'), (_name, expr) => {
  expect(mergeBounds(expr)).toEqual(expr)
})

test.each<[string, Expr, boolean]>([
  ['every branch contradicts', both(either(is('a'), is('b')), is('c')), true],
  ['one branch does not', both(either(is('a'), is('b')), is('b')), false],
  ['whatever else is demanded', both(both(overflow, above(5)), atMost(5)), true],
  ['a literal', FALSE, true],
  ['nothing is bounded', overflow, false],
])(proves('policy:simplify:bounds', 'never holds: %s'), (_name, expr, never) => {
  expect(neverHolds(expr)).toBe(never)
})
