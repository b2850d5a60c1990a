/**
 * Copies a tree with its parameters numbered on: what was `$1` becomes the one after `offset` others.
 */
export function shiftParameters<T>(tree: T, offset: number): T {
  const copy = structuredClone(tree)
  shift(copy, offset)
  return copy
}

function shift(tree: unknown, offset: number): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'ParamRef' && typeof value.number === 'number') value.number += offset
    else shift(value, offset)
  }
}
