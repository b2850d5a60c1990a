import type { Expr } from './residual.ts'

/**
 * Whether evaluating an expression raises an error whatever its unknowns turn out to be: an operator whose operands are all known and
 * which could not be folded, at a place that is always reached.
 *
 * @param expr simplified with complete facts; without facts what is merely not known looks the same
 */
export function alwaysFails(expr: Expr): boolean {
  switch (expr.op) {
    case 'value':
    case 'unknown':
      return false
    case 'and':
    case 'or':
      // What is known here is no boolean, or it would have been folded.
      return expr.left.op === 'value' || alwaysFails(expr.left)
    case 'if':
      return expr.test.op === 'value' || alwaysFails(expr.test)
    case 'call':
      return strict(expr.args)
    case 'set':
      return expr.items.some(alwaysFails)
    case 'record':
      return Object.values(expr.fields).some(alwaysFails)
    case 'get':
    case 'has':
    case 'not':
    case 'is':
    case 'like':
    case 'negate':
      return strict([expr.of])
    default:
      return strict([expr.left, expr.right])
  }
}

function strict(operands: readonly Expr[]): boolean {
  return operands.every((operand) => operand.op === 'value') || operands.some(alwaysFails)
}
