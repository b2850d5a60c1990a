/** Cedar's durations are 64-bit integers of milliseconds. */
const LIMIT = 2n ** 63n

const FORM = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/

/** Milliseconds of one of each: day, hour, minute, second, millisecond. */
const UNITS = [86_400_000n, 3_600_000n, 60_000n, 1_000n, 1n]

/**
 * Reads Cedar's duration literal, for example `1d2h3m4s5ms` or `-90m`: each unit at most once, in this order.
 *
 * @returns milliseconds; `undefined` for any other text and outside 64 bits
 */
export function parseDuration(text: string): bigint | undefined {
  const [, sign, ...amounts] = FORM.exec(text) ?? []
  if (amounts.every((amount) => amount === undefined)) return undefined
  const size = UNITS.reduce((sum, unit, index) => sum + BigInt(amounts[index] ?? 0) * unit, 0n)
  return within(sign === '-' ? -size : size)
}

/** Milliseconds, if they fit Cedar's 64 bits. */
export function within(milliseconds: bigint): bigint | undefined {
  return milliseconds >= -LIMIT && milliseconds < LIMIT ? milliseconds : undefined
}
