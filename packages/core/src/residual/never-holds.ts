import { boundedPath } from './bounded-path.ts'
import { coverOf } from './cover.ts'
import type { Expr } from './residual.ts'

/**
 * Whether a condition can be proved never to hold, by intervals of integers and sets of values: `amount > 5 && amount < 3`, or a status that
 * would have to be two things at once. False means "not proved". Evaluating such a condition may still raise an error.
 */
export function neverHolds(expr: Expr): boolean {
  return coverOf(expr, true, boundedPath).boxes.length === 0
}
