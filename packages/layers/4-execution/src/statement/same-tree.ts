import { LOCATIONS } from './strip-locations.ts'

/**
 * Whether a tree as the parser made it is the same as one without locations: plain objects, lists and scalars. (`isDeepStrictEqual` compares much
 * that a tree cannot have, and taking the locations away first would make a third tree.)
 */
export function sameTree(located: unknown, other: unknown): boolean {
  if (typeof located !== 'object' || typeof other !== 'object' || located === null || other === null)
    return Object.is(located, other)
  if (Array.isArray(located)) {
    if (!Array.isArray(other) || located.length !== other.length) return false
    for (let index = 0; index < located.length; index++) if (!sameTree(located[index], other[index])) return false
    return true
  }
  if (Array.isArray(other)) return false
  const [one, two] = [located as Tree, other as Tree]
  let left = 0
  for (const key in one) {
    if (LOCATIONS.has(key)) continue
    left += 1
    if (!Object.hasOwn(two, key) || !sameTree(one[key], two[key])) return false
  }
  for (const _ in two) left -= 1
  return left === 0
}

type Tree = Readonly<Record<string, unknown>>
