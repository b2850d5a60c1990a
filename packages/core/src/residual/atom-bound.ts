import type { Value } from '../entity.ts'
import { type Bound, type BoundValue, meet } from './bounds.ts'
import type { Expr } from './residual.ts'

/** What one atom says about one attribute: a bound, or that it can never hold; `undefined` when it has no such form. */
export type AtomBound = { readonly attribute: string; readonly bound: Bound } | 'never' | undefined

/** The name under which bounds on an expression are collected; `undefined` for an expression that is not bounded. */
export type NameOf = (expr: Expr) => string | undefined

/**
 * Reads an atom of a condition (a comparison, a membership, a boolean attribute) as a bound on one attribute.
 *
 * @param holds whether the atom must hold, or must not
 * @param nameOf which expressions are attributes, for example those of the unknown resource
 */
export function atomBound(atom: Expr, holds: boolean, nameOf: NameOf): AtomBound {
  const flag = nameOf(atom)
  if (flag !== undefined) return { attribute: flag, bound: { oneOf: [holds] } }
  switch (atom.op) {
    case 'not':
      return atomBound(atom.of, !holds, nameOf)
    case 'equal':
      return listed(nameOf(atom.left), [atom.right], holds) ?? listed(nameOf(atom.right), [atom.left], holds)
    case 'contains':
      return listed(nameOf(atom.right), membersOf(atom.left), holds)
    case 'less':
      return holds ? ordered(atom.left, atom.right, 1, nameOf) : ordered(atom.right, atom.left, 0, nameOf)
    case 'lessOrEqual':
      return holds ? ordered(atom.left, atom.right, 0, nameOf) : ordered(atom.right, atom.left, 1, nameOf)
    default:
      return undefined
  }
}

/** `small + gap <= large`, where one side is an attribute and the other an integer. */
function ordered(small: Expr, large: Expr, gap: number, nameOf: NameOf): AtomBound {
  const low = integerOf(small, gap)
  const upper = nameOf(large)
  if (upper !== undefined && low !== undefined) return { attribute: upper, bound: { atLeast: low } }
  const high = integerOf(large, -gap)
  const lower = nameOf(small)
  return lower !== undefined && high !== undefined ? { attribute: lower, bound: { atMost: high } } : undefined
}

function listed(attribute: string | undefined, members: readonly Expr[] | undefined, holds: boolean): AtomBound {
  if (attribute === undefined || members === undefined) return undefined
  const values: BoundValue[] = []
  for (const member of members) {
    if (member.op !== 'value' || !isBoundValue(member.value)) return undefined
    values.push(member.value)
  }
  if (!holds) return { attribute, bound: excluded(values) }
  const bound = meet({}, { oneOf: values })
  return bound ? { attribute, bound } : 'never'
}

function excluded(values: readonly BoundValue[]): Bound {
  // A boolean that must not be one value is the other one.
  if (values.length === 1 && typeof values[0] === 'boolean') return { oneOf: [!values[0]] }
  return values.length > 0 ? { noneOf: values } : {}
}

function membersOf(expr: Expr): readonly Expr[] | undefined {
  if (expr.op === 'set') return expr.items
  if (expr.op !== 'value' || typeof expr.value !== 'object' || !('set' in expr.value)) return undefined
  return expr.value.set.map((value): Expr => ({ op: 'value', value }))
}

function integerOf(expr: Expr, shift: number): number | undefined {
  if (expr.op !== 'value' || typeof expr.value !== 'number') return undefined
  const shifted = expr.value + shift
  return Number.isSafeInteger(shifted) ? shifted : undefined
}

function isBoundValue(value: Value): value is BoundValue {
  return typeof value !== 'object' || 'entity' in value
}
