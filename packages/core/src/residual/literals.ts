import type { Value } from '../entity.ts'
import type { Expr } from './residual.ts'

/** The expression that always holds. */
export const TRUE: Expr = Object.freeze({ op: 'value', value: true })

/** The expression that never holds. */
export const FALSE: Expr = Object.freeze({ op: 'value', value: false })

/** A known value as an expression. */
export function literal(value: Value): Expr {
  if (value === true) return TRUE
  if (value === false) return FALSE
  return { op: 'value', value }
}

/** Whether an expression is the literal `true` or the literal `false`, as given. */
export function isLiteral(expr: Expr, value: boolean): boolean {
  return expr.op === 'value' && expr.value === value
}
