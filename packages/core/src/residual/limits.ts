import type { CapabilityLimits } from '../flow.ts'
import { atomBound } from './atom-bound.ts'
import { ANYTHING, type Box, intersect, isWithin, toLimitBox, unite } from './bounds.ts'
import type { Known } from './known.ts'
import type { Expr } from './residual.ts'
import { simplify } from './simplify.ts'

/** More boxes than this are not told: the limits are then wider than the policy, and say so. */
const MAX_BOXES = 16

/** A union of boxes that holds everything the condition permits; `exact` when it holds nothing else. */
interface Cover {
  readonly boxes: readonly Box[]
  readonly exact: boolean
}

const EVERYTHING: Cover = { boxes: [ANYTHING], exact: false }

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
  const cover = coverOf(simplify(expr, known), true, resourceUnknown)
  if (cover.boxes.length === 0) return 'never'
  const told = cover.boxes.map(toLimitBox)
  return {
    anyOf: told.map(({ box }) => box),
    complete: cover.exact && told.every(({ complete }) => complete),
  }
}

function coverOf(expr: Expr, holds: boolean, resource: string): Cover {
  switch (expr.op) {
    case 'value':
      if (typeof expr.value !== 'boolean') return EVERYTHING
      return { boxes: expr.value === holds ? [ANYTHING] : [], exact: true }
    case 'not':
      return coverOf(expr.of, !holds, resource)
    case 'and':
    case 'or': {
      const left = coverOf(expr.left, holds, resource)
      const right = coverOf(expr.right, holds, resource)
      // De Morgan: what must not hold swaps the two.
      return (expr.op === 'and') === holds ? both(left, right) : either(left, right)
    }
    case 'if': {
      const yes = both(coverOf(expr.test, true, resource), coverOf(expr.then, holds, resource))
      const no = both(coverOf(expr.test, false, resource), coverOf(expr.else, holds, resource))
      return either(yes, no)
    }
    default: {
      const atom = atomBound(expr, holds, resource)
      if (atom === undefined) return EVERYTHING
      if (atom === 'never') return { boxes: [], exact: true }
      return { boxes: [new Map([[atom.attribute, atom.bound]])], exact: true }
    }
  }
}

function both(left: Cover, right: Cover): Cover {
  const boxes: Box[] = []
  for (const one of left.boxes) {
    for (const other of right.boxes) {
      const box = intersect(one, other)
      if (box) boxes.push(box)
    }
  }
  const merged = merge(boxes)
  const exact = left.exact && right.exact
  // Too many: one side alone is wider, and still holds everything.
  return merged ? { boxes: merged, exact: exact || merged.length === 0 } : { boxes: left.boxes, exact: false }
}

function either(left: Cover, right: Cover): Cover {
  const merged = merge([...left.boxes, ...right.boxes])
  return merged ? { boxes: merged, exact: left.exact && right.exact } : EVERYTHING
}

/** Drops boxes inside others and unites neighbors; `undefined` when too many are left. */
function merge(boxes: readonly Box[]): readonly Box[] | undefined {
  const kept: Box[] = []
  for (const box of boxes) add(kept, box)
  return kept.length <= MAX_BOXES ? kept : undefined
}

function add(kept: Box[], box: Box): void {
  if (kept.some((other) => isWithin(box, other))) return
  for (let index = kept.length - 1; index >= 0; index -= 1) {
    const other = kept[index]!
    const united = isWithin(other, box) ? box : unite(other, box)
    if (!united) continue
    kept.splice(index, 1)
    add(kept, united)
    return
  }
  kept.push(box)
}
