/** Checks a time in whole milliseconds since the epoch. Throws `TypeError`. */
export function checkTime(name: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`\`${name}\` must be whole milliseconds since the epoch`)
}
