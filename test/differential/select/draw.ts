/** A source of chance that gives the same again for the same seed. */
export interface Draw {
  /** An integer from 0 to one less than this. */
  below(count: number): number
  chance(percent: number): boolean
  pick<T>(...items: readonly T[]): T
}

/**
 * Draws by mulberry32. Not fast-check: drawing one of its values costs as much as parsing the statement that it is for, and statements of
 * this size are printed rather than made smaller.
 */
export function createDraw(seed: number): Draw {
  let state = seed >>> 0
  const below = (count: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count)
  }
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick(...items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
  }
}
