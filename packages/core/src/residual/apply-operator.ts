import type { Value } from '../entity.ts'
import { isBefore } from './extension/apply-extension.ts'
import { hasTag, isInside, type Known, readTag } from './known.ts'
import type { Expr, PatternPart } from './residual.ts'
import { covers, holds, kindOf, overlaps, sameValue } from './same-value.ts'

/** The operators with two operands that are both evaluated. */
export type BinaryOperator = Exclude<Extract<Expr, { readonly left: Expr }>['op'], 'and' | 'or'>

/**
 * Applies an operator to two known values with Cedar's meaning. `undefined` is every case in which Cedar would raise an error
 * (wrong kinds, overflow) or in which the answer is not known; the callers decide what that means to them.
 *
 * Integers leave the safe range of a double before they leave Cedar's 64 bits: the stricter bound holds here.
 */
export function applyBinary(op: BinaryOperator, left: Value, right: Value, known: Known): Value | undefined {
  switch (op) {
    case 'equal':
      // INVARIANT: strict validation never lets kinds mix; where they do, the inputs are wrong and nothing may follow.
      return kindOf(left) === kindOf(right) ? sameValue(left, right) : undefined
    case 'less':
      return typeof left === 'number' && typeof right === 'number' ? left < right : isBefore(left, right)
    case 'lessOrEqual':
      return typeof left === 'number' && typeof right === 'number' ? left <= right : opposite(isBefore(right, left))
    case 'in':
      return inside(left, right, known)
    case 'contains':
      return isSet(left) ? holds(left.set, right) : undefined
    case 'containsAll':
      return isSet(left) && isSet(right) ? covers(left.set, right.set) : undefined
    case 'containsAny':
      return isSet(left) && isSet(right) ? overlaps(left.set, right.set) : undefined
    case 'hasTag':
      return typeof right === 'string' ? hasTag(known, left, right) : undefined
    case 'getTag':
      return typeof right === 'string' ? readTag(known, left, right) : undefined
    default:
      return typeof left === 'number' && typeof right === 'number' ? calculate(op, left, right) : undefined
  }
}

/** Negates a known integer; `undefined` for anything else. */
export function applyNegate(value: Value): Value | undefined {
  return typeof value === 'number' ? calculate('subtract', 0, value) : undefined
}

/** Matches a known string against a pattern, in which `null` stands for any text; `undefined` for anything but a string. */
export function applyLike(value: Value, pattern: readonly PatternPart[]): boolean | undefined {
  if (typeof value !== 'string') return undefined
  // Greedy search between wildcards: linear in the number of parts, so no pattern can make it explode as a RegExp could.
  const pieces = splitAtWildcards(pattern)
  if (pieces.length === 1) return value === pieces[0]
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false
  const end = value.length - last.length
  let position = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, position)
    if (found < 0 || found + piece.length > end) return false
    position = found + piece.length
  }
  return true
}

function splitAtWildcards(pattern: readonly PatternPart[]): readonly string[] {
  const pieces = ['']
  for (const part of pattern) {
    if (part === null) pieces.push('')
    else pieces[pieces.length - 1] += part
  }
  return pieces
}

function inside(left: Value, right: Value, known: Known): boolean | undefined {
  if (typeof left !== 'object' || !('entity' in left)) return undefined
  let unsure = false
  let found = false
  // To the end: a member that is no entity is an error even behind one that decides.
  for (const candidate of isSet(right) ? right.set : [right]) {
    if (typeof candidate !== 'object' || !('entity' in candidate)) return undefined
    const inside = found || isInside(known, left.entity, candidate.entity)
    if (inside) found = true
    else if (inside === undefined) unsure = true
  }
  return found || (unsure ? undefined : false)
}

function calculate(op: 'add' | 'subtract' | 'multiply', left: number, right: number): number | undefined {
  const result = op === 'add' ? left + right : op === 'subtract' ? left - right : left * right
  if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right) || !Number.isSafeInteger(result)) return undefined
  // -0 would compare equal to 0 but serialize differently.
  return result === 0 ? 0 : result
}

function opposite(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer
}

function isSet(value: Value): value is { readonly set: readonly Value[] } {
  return typeof value === 'object' && 'set' in value
}
