import type { LimitBox } from '../flow.ts'
import { holds, sameValue } from './same-value.ts'

/** A value that a bound can name: a scalar, or an entity, which is told by its id. */
export type BoundValue = string | number | boolean | { readonly entity: { readonly type: string; readonly id: string } }

/** What is known about one attribute: every member that is given must hold. Integers are inclusive. */
export interface Bound {
  readonly oneOf?: readonly BoundValue[] | undefined
  readonly noneOf?: readonly BoundValue[] | undefined
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
}

/** One conjunction of bounds, by attribute. */
export type Box = ReadonlyMap<string, Bound>

/** The box that bounds nothing. */
export const ANYTHING: Box = new Map()

/** The conjunction of two boxes; `undefined` when no value can fit both. */
export function intersect(a: Box, b: Box): Box | undefined {
  const result = new Map(a)
  for (const [attribute, bound] of b) {
    const both = meet(result.get(attribute) ?? {}, bound)
    if (!both) return undefined
    result.set(attribute, both)
  }
  return result
}

/** The conjunction of two bounds of one attribute, normalized; `undefined` when it is empty. */
export function meet(a: Bound, b: Bound): Bound | undefined {
  const atLeast = pick(Math.max, a.atLeast, b.atLeast)
  const atMost = pick(Math.min, a.atMost, b.atMost)
  const noneOf = [...(a.noneOf ?? []), ...(b.noneOf ?? []).filter((value) => !holds(a.noneOf ?? [], value))]
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) return undefined
  const listed = a.oneOf && b.oneOf ? a.oneOf.filter((value) => holds(b.oneOf!, value)) : (a.oneOf ?? b.oneOf)
  if (!listed) return { atLeast, atMost, noneOf: noneOf.length > 0 ? noneOf : undefined }
  const oneOf = listed.filter((value) => within(value, atLeast, atMost) && !holds(noneOf, value))
  return oneOf.length > 0 ? { oneOf } : undefined
}

/** Whether everything that fits `inner` also fits `outer`. */
export function isWithin(inner: Box, outer: Box): boolean {
  return [...outer].every(([attribute, bound]) => {
    const own = inner.get(attribute)
    const both = own && meet(own, bound)
    return own !== undefined && both !== undefined && sameBound(both, own)
  })
}

/** Puts two boxes together that differ only in the list of values of one attribute; `undefined` when they do not. */
export function unite(a: Box, b: Box): Box | undefined {
  if (a.size !== b.size) return undefined
  const differing = [...a.keys()].filter((name) => !b.has(name) || !sameBound(a.get(name)!, b.get(name)!))
  const [attribute] = differing
  if (attribute === undefined || differing.length > 1) return undefined
  const one = a.get(attribute)?.oneOf
  const other = b.get(attribute)?.oneOf
  if (!one || !other) return undefined
  return new Map(a).set(attribute, { oneOf: [...one, ...other.filter((value) => !holds(one, value))] })
}

/** The wire form of a box, and whether it says all that the box says (excluded values have no wire form). */
export function toLimitBox(box: Box): { readonly box: LimitBox; readonly complete: boolean } {
  const entries = [...box].flatMap(([attribute, bound]) => {
    const said = {
      ...(bound.oneOf && { oneOf: bound.oneOf.map(told) }),
      ...(bound.atLeast !== undefined && { atLeast: bound.atLeast }),
      ...(bound.atMost !== undefined && { atMost: bound.atMost }),
    }
    return Object.keys(said).length > 0 ? [[attribute, said] as const] : []
  })
  return { box: Object.fromEntries(entries), complete: [...box.values()].every((bound) => !bound.noneOf) }
}

function told(value: BoundValue): string | number | boolean {
  return typeof value === 'object' ? value.entity.id : value
}

function within(value: BoundValue, atLeast: number | undefined, atMost: number | undefined): boolean {
  if (typeof value !== 'number') return atLeast === undefined && atMost === undefined
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
}

function sameBound(a: Bound, b: Bound): boolean {
  return a.atLeast === b.atLeast && a.atMost === b.atMost && sameList(a.oneOf, b.oneOf) && sameList(a.noneOf, b.noneOf)
}

function sameList(a: readonly BoundValue[] | undefined, b: readonly BoundValue[] | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameValue({ set: a }, { set: b }))
}

function pick(choose: (a: number, b: number) => number, a?: number, b?: number): number | undefined {
  return a === undefined ? b : b === undefined ? a : choose(a, b)
}
