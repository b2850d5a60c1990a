/**
 * What is known of somebody's being in a relation: no, yes, or that asking comes back to itself. OpenFGA answers a cycle with no, also where it is
 * subtracted; with a third value (Kleene's logic) that is so whatever the order in which operands are asked.
 */
export type Truth = 0 | 1 | 2

export const NO = 0
export const YES = 1
export const UNKNOWN = 2

/** `a but not b` */
export function subtracted(base: Truth, subtract: Truth): Truth {
  if (base === NO || subtract === YES) return NO
  return base === UNKNOWN || subtract === UNKNOWN ? UNKNOWN : YES
}
