import type { Expr } from './residual.ts'

/** The unknown that stands for a principal who is not known yet. */
export const PRINCIPAL = 'principal'

/** The extension functions that have an answer for every value of the right type; the others overflow, or take a text. */
const TOTAL = [
  'lessThan',
  'lessThanOrEqual',
  'greaterThan',
  'greaterThanOrEqual',
  'isIpv4',
  'isIpv6',
  'isLoopback',
  'isMulticast',
  'isInRange',
]

/**
 * Whether evaluating an expression of a strictly validated policy can never raise an error. Strict validation excludes type
 * errors and unguarded optional attributes; what it cannot exclude is overflow of integers and times, texts that
 * are no literals of an extension type, and reading through an entity that is not in the store. Only such an expression may be dropped when its neighbor decides (`x && false`).
 */
export function cannotFail(expr: Expr): boolean {
  switch (expr.op) {
    case 'value':
    case 'unknown':
      return true
    case 'get':
      // One step from an unknown is the row or a member of the context, which are always supplied whole; nothing may be known of the principal.
      return expr.of.op === 'unknown' && expr.of.name !== PRINCIPAL
    case 'has':
    case 'not':
    case 'is':
    case 'like':
      return cannotFail(expr.of)
    case 'if':
      return cannotFail(expr.test) && cannotFail(expr.then) && cannotFail(expr.else)
    case 'negate':
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'getTag':
      return false
    case 'call':
      return TOTAL.includes(expr.name) && expr.args.every(cannotFail)
    case 'set':
      return expr.items.every(cannotFail)
    case 'record':
      return Object.values(expr.fields).every(cannotFail)
    default:
      return cannotFail(expr.left) && cannotFail(expr.right)
  }
}
