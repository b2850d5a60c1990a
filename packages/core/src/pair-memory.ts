/**
 * Remembers what was made of two objects, as long as both of them are there. The objects must not change.
 *
 * @example
 * ```ts
 * const remember = createPairMemory<Residual, Residual, OpenDecision>()
 * const decision = remember(subject, actor, () => unite(subject, actor))
 * ```
 */
export function createPairMemory<A extends object, B extends object, T>(): (a: A, b: B, make: () => T) => T {
  const known = new WeakMap<A, WeakMap<B, { readonly value: T }>>()
  return (a, b, make) => {
    const found = known.get(a)?.get(b)
    if (found) return found.value
    const value = make()
    const beside = known.get(a) ?? new WeakMap<B, { readonly value: T }>()
    known.set(a, beside.set(b, { value }))
    return value
  }
}
