import { LOCATIONS } from './strip-locations.ts'
import { isTree } from './tree.ts'

/**
 * Whether a tree as the parser made it is the same as one without locations: plain objects, lists and scalars. (`isDeepStrictEqual` compares much
 * that a tree cannot have, and taking the locations away first would make a third tree.)
 */
export function sameTree(located: unknown, other: unknown): boolean {
  if (!isTree(located) || !isTree(other)) return Object.is(located, other)
  if (Array.isArray(located)) {
    if (!Array.isArray(other) || located.length !== other.length) return false
    for (let index = 0; index < located.length; index++) if (!sameTree(located[index], other[index])) return false
    return true
  }
  if (Array.isArray(other)) return false
  // INVARIANT: both have as many members, and each member of one is in the other and the same there.
  let left = 0
  for (const key in other) {
    left += 1
    if (!Object.hasOwn(located, key) || !sameTree(located[key], other[key])) return false
  }
  for (const key in located) if (!LOCATIONS.has(key)) left -= 1
  return left === 0
}
