/**
 * Whether two parse trees are the same: plain objects, lists and scalars. (`isDeepStrictEqual` compares much that a tree cannot have, and is most
 * of the cost of checking a print.)
 */
export function sameTree(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    for (let index = 0; index < one.length; index++) if (!sameTree(one[index], other[index])) return false
    return true
  }
  if (Array.isArray(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  for (const key of keys) {
    if (!Object.hasOwn(other, key) || !sameTree(Reflect.get(one, key), Reflect.get(other, key))) return false
  }
  return true
}
