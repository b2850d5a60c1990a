import type { Value } from '../entity.ts'
import type { BinaryOperator } from './apply-operator.ts'
import { cannotFail } from './cannot-fail.ts'
import type { Known } from './known.ts'
import { FALSE, isLiteral, TRUE } from './literals.ts'
import type { Expr } from './residual.ts'

/**
 * Folds a binary operator of which at least one operand is not known: what an empty set, a known type or a boolean literal
 * already decides. Both operands are simplified already.
 */
export function simplifyBinary(op: BinaryOperator, left: Expr, right: Expr, known: Known): Expr {
  const kept: Expr = { op, left, right }
  if (!cannotFail(left) || !cannotFail(right)) return kept
  switch (op) {
    case 'equal':
      return simplifyEqual(left, right, known) ?? kept
    case 'contains':
      return isEmptySet(left) ? FALSE : kept
    case 'containsAny':
      return isEmptySet(left) || isEmptySet(right) ? FALSE : kept
    case 'containsAll':
      return isEmptySet(right) ? TRUE : kept
    case 'in':
      return isEmptySet(right) ? FALSE : kept
    default:
      return kept
  }
}

function simplifyEqual(left: Expr, right: Expr, known: Known): Expr | undefined {
  if (left.op === 'unknown' && right.op === 'unknown' && left.name === right.name) return TRUE
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    // Strict validation: what is compared with a boolean is a boolean.
    if (isLiteral(one, true)) return other
    if (isLiteral(one, false)) return other.op === 'not' ? other.of : { op: 'not', of: other }
    if (one.op !== 'unknown' || other.op !== 'value') continue
    const type = known.types && Object.hasOwn(known.types, one.name) ? known.types[one.name] : undefined
    if (type !== undefined && isEntityOfOtherType(other.value, type)) return FALSE
  }
  return undefined
}

function isEntityOfOtherType(value: Value, type: string): boolean {
  return typeof value === 'object' && 'entity' in value && value.entity.type !== type
}

function isEmptySet(expr: Expr): boolean {
  return expr.op === 'value' && typeof expr.value === 'object' && 'set' in expr.value && expr.value.set.length === 0
}
