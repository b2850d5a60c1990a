/** Draws from a seed, the same for the same seed everywhere. */
export interface Random {
  /** An integer from 0 up to, not including, `below`. */
  below(below: number): number
  pick<T>(items: readonly T[]): T
  /** True once in so many draws. */
  once(inSoMany: number): boolean
  /** Some of the items, in their order. */
  some<T>(items: readonly T[]): T[]
}

/** mulberry32. fast-check would shrink, but takes longer to draw a cell than both engines take to decide it. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick: (items) => items[below(items.length)]!,
    once: (inSoMany) => below(inSoMany) === 0,
    some: (items) => items.filter(() => next() < 0.5),
  }
}
