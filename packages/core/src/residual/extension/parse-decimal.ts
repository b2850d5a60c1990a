/** Cedar's decimals are 64-bit integers of ten-thousandths. */
const LIMIT = 2n ** 63n

/**
 * Reads Cedar's decimal literal: an optional minus, at least one digit, a point and one to four digits.
 *
 * @returns ten-thousandths; `undefined` for any other text and outside 64 bits
 */
export function parseDecimal(text: string): bigint | undefined {
  const [, sign, whole, fraction] = /^(-?)([0-9]+)\.([0-9]{1,4})$/.exec(text) ?? []
  if (whole === undefined || fraction === undefined) return undefined
  const size = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'))
  const value = sign === '-' ? -size : size
  return value >= -LIMIT && value < LIMIT ? value : undefined
}
