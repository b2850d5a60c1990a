import { atomBound, type NameOf } from './atom-bound.ts'
import { ANYTHING, type Box, intersect, isWithin, unite } from './bounds.ts'
import type { Expr } from './residual.ts'

/** More boxes than this are not told: the limits are then wider than the policy, and say so. */
const MAX_BOXES = 16

/** A union of boxes that holds everything the condition permits; `exact` when it holds nothing else. */
export interface Cover {
  readonly boxes: readonly Box[]
  readonly exact: boolean
}

const EVERYTHING: Cover = { boxes: [ANYTHING], exact: false }

/**
 * The boxes that hold every assignment of attributes for which an expression is true (or false, when `holds` is false). No box at all
 * means that there is no such assignment.
 *
 * @param nameOf which expressions are attributes
 */
export function coverOf(expr: Expr, holds: boolean, nameOf: NameOf): Cover {
  switch (expr.op) {
    case 'value':
      if (typeof expr.value !== 'boolean') return EVERYTHING
      return { boxes: expr.value === holds ? [ANYTHING] : [], exact: true }
    case 'not':
      return coverOf(expr.of, !holds, nameOf)
    case 'and':
    case 'or': {
      const left = coverOf(expr.left, holds, nameOf)
      const right = coverOf(expr.right, holds, nameOf)
      // De Morgan: what must not hold swaps the two.
      return (expr.op === 'and') === holds ? both(left, right) : either(left, right)
    }
    case 'if': {
      const yes = both(coverOf(expr.test, true, nameOf), coverOf(expr.then, holds, nameOf))
      const no = both(coverOf(expr.test, false, nameOf), coverOf(expr.else, holds, nameOf))
      return either(yes, no)
    }
    default: {
      const atom = atomBound(expr, holds, nameOf)
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
