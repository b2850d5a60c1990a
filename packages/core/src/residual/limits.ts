import type { CapabilityLimits } from '../flow.ts'
import type { NameOf } from './atom-bound.ts'
import { toLimitBox } from './bounds.ts'
import { coverOf } from './cover.ts'
import type { Known } from './known.ts'
import type { Expr } from './residual.ts'
import { simplify } from './simplify.ts'

/**
 * Tells the bounds that a condition puts on a resource that is not known yet: a union of at most 16 boxes, for example
 * `dept in {42} and amount <= 5000`. Entities appear as their ids.
 *
 * INVARIANT: every resource that the condition permits lies in some box. What has no such form (a comparison of two
 * attributes, a hierarchy, other unknowns, an excluded value) is left out, which only widens the boxes, and `complete` is then
 * false.
 *
 * @param resourceUnknown the name of the unknown that stands for the resource
 * @returns `'never'` when no resource can satisfy the condition
 */
export function limits(expr: Expr, resourceUnknown = 'resource', known: Known = {}): CapabilityLimits | 'never' {
  const cover = coverOf(simplify(expr, known), true, attributesOf(resourceUnknown))
  if (cover.boxes.length === 0) return 'never'
  const told = cover.boxes.map(toLimitBox)
  return {
    anyOf: told.map(({ box }) => box),
    complete: cover.exact && told.every(({ complete }) => complete),
  }
}

function attributesOf(resource: string): NameOf {
  return (expr) =>
    expr.op === 'get' && expr.of.op === 'unknown' && expr.of.name === resource ? expr.attribute : undefined
}
