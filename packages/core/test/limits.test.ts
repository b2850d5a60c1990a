import { type Expr, evaluate, type LimitBox, limits, type Value } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { conditions, type Row, rows, rowValue } from './random-expr.ts'

function fits(box: LimitBox, row: Row): boolean {
  return Object.entries(box).every(([name, bound]) => {
    const value = Object.entries(row).find(([attribute]) => attribute === name)?.[1]
    if (value === undefined || Array.isArray(value)) return false
    if (bound.oneOf && !bound.oneOf.includes(value)) return false
    if (bound.atLeast !== undefined && !(value >= bound.atLeast)) return false
    return bound.atMost === undefined || value <= bound.atMost
  })
}

test(proves('discovery:limits:sound'), () => {
  const seen = { permitted: 0, never: 0, narrowed: 0 }
  fc.assert(
    fc.property(conditions(false), rows, (expr, row) => {
      const told = limits(expr)
      const permitted = evaluate(expr, { resource: rowValue(row) }, { facts: [] })
      if (told === 'never') seen.never += 1
      else if (told.anyOf.every((box) => Object.keys(box).length > 0)) seen.narrowed += 1
      const inside = told !== 'never' && told.anyOf.some((box) => fits(box, row))
      if (permitted) {
        seen.permitted += 1
        expect(inside).toBe(true)
      }
    }),
    { numRuns: runs(4000) },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(200)
})

test(proves('discovery:limits:complete'), () => {
  let checked = 0
  fc.assert(
    fc.property(conditions(false), rows, (expr, row) => {
      const told = limits(expr)
      if (told === 'never' || !told.complete) return
      checked += 1
      const inside = told.anyOf.some((box) => fits(box, row))
      expect(inside).toBe(evaluate(expr, { resource: rowValue(row) }, { facts: [] }))
    }),
    { numRuns: runs(4000) },
  )
  expect(checked).toBeGreaterThan(500)
})

const get = (attribute: string): Expr => ({ op: 'get', of: { op: 'unknown', name: 'resource' }, attribute })
const literal = (value: Value): Expr => ({ op: 'value', value })
const and = (left: Expr, right: Expr): Expr => ({ op: 'and', left, right })
const or = (left: Expr, right: Expr): Expr => ({ op: 'or', left, right })
const atMost = (attribute: string, most: number): Expr => ({
  op: 'lessOrEqual',
  left: get(attribute),
  right: literal(most),
})
const atLeast = (attribute: string, least: number): Expr => ({
  op: 'lessOrEqual',
  left: literal(least),
  right: get(attribute),
})
const isOne = (attribute: string, value: Value): Expr => ({ op: 'equal', left: get(attribute), right: literal(value) })

test.each<[string, Expr, ReturnType<typeof limits>]>([
  [
    'the narrower bound',
    and(atMost('amount', 9), atMost('amount', 5)),
    { anyOf: [{ amount: { atMost: 5 } }], complete: true },
  ],
  [
    'strict bounds',
    { op: 'less', left: literal(3), right: get('amount') },
    { anyOf: [{ amount: { atLeast: 4 } }], complete: true },
  ],
  ['a negated bound', { op: 'not', of: atMost('amount', 3) }, { anyOf: [{ amount: { atLeast: 4 } }], complete: true }],
  [
    'values within bounds',
    and(or(isOne('amount', 3), isOne('amount', 9)), atMost('amount', 5)),
    { anyOf: [{ amount: { oneOf: [3] } }], complete: true },
  ],
  [
    'one list',
    or(isOne('dept', '42'), isOne('dept', '7')),
    { anyOf: [{ dept: { oneOf: ['42', '7'] } }], complete: true },
  ],
  [
    'a box inside another',
    or(atMost('amount', 5), atMost('amount', 9)),
    { anyOf: [{ amount: { atMost: 9 } }], complete: true },
  ],
  [
    'excluded values have no form',
    and(atMost('amount', 9), { op: 'not', of: isOne('dept', '7') }),
    { anyOf: [{ amount: { atMost: 9 } }], complete: false },
  ],
  [
    'a comparison of two attributes has none',
    { op: 'less', left: get('amount'), right: get('limit') },
    { anyOf: [{}], complete: false },
  ],
  [
    'an interval of one integer',
    and(atLeast('amount', 5), atMost('amount', 5)),
    { anyOf: [{ amount: { atLeast: 5, atMost: 5 } }], complete: true },
  ],
  ['always', literal(true), { anyOf: [{}], complete: true }],
])(proves('discovery:limits:told', '%s'), (_name, expr, expected) => {
  expect(limits(expr)).toEqual(expected)
})

test.each<[string, Expr]>([
  ['an empty interval', and(atLeast('amount', 6), atMost('amount', 5))],
  ['two values at once', and(isOne('dept', '42'), isOne('dept', '7'))],
  ['a value that is excluded', and(isOne('dept', '42'), { op: 'not', of: isOne('dept', '42') })],
  ['a flag both ways', and(get('flag'), { op: 'not', of: get('flag') })],
  ['in every branch', or(literal(false), and(isOne('amount', 9), atMost('amount', 5)))],
])(proves('discovery:limits:never', '%s'), (_name, expr) => {
  expect(limits(expr)).toBe('never')
})

test(proves('discovery:limits:bounded'), () => {
  const choice = (index: number) => or(isOne(`a${index}`, 1), isOne(`b${index}`, 1))
  // 2^12 boxes when multiplied out.
  const expr = Array.from({ length: 12 }, (_, index) => choice(index)).reduce(and)
  const told = limits(expr)
  if (told === 'never') throw new Error('it can hold')
  expect(told.anyOf.length).toBeLessThanOrEqual(16)
  expect(told.complete).toBe(false)
  const many = Array.from({ length: 40 }, (_, index) => isOne(`a${index}`, 1)).reduce(or)
  expect(limits(many)).toEqual({ anyOf: [{}], complete: false })
})
