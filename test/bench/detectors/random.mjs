/** Numbers that only a seed determines (mulberry32), and what texts are made of. */
export function createRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit) => Math.floor(next() * limit)
  const pick = (list) => list[below(list.length)]
  const text = (length, alphabet) => Array.from({ length }, () => pick(alphabet)).join('')
  return { below, pick, text, digits: (length) => text(length, DIGITS) }
}

const DIGITS = '0123456789'
export const HEX = '0123456789abcdef'
export const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
export const ALPHANUMERIC = `${UPPER}${UPPER.toLowerCase()}${DIGITS}`
