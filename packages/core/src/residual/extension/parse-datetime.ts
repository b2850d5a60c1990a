const FORM =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2})))?$/

/**
 * Reads Cedar's datetime literal: a date alone, or with a time, optional milliseconds and `Z` or an offset of hours and minutes.
 * Stricter than ISO 8601 and than `Date.parse`, which also read other forms.
 *
 * @returns milliseconds since the epoch; `undefined` for any other text and for a day or time that does not exist
 */
export function parseDatetime(text: string): bigint | undefined {
  const found = FORM.exec(text)
  if (!found) return undefined
  const part = (index: number) => Number(found[index] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  const [hour, minute, second] = [part(4), part(5), part(6)]
  const [offsetHour, offsetMinute] = [part(9), part(10)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined
  const date = new Date(0)
  // Not Date.UTC, which reads a year below 100 as one of the twentieth century.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const clock = ((hour * 60 + minute) * 60 + second) * 1000 + part(7)
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (found[8] === '-' ? -1 : 1)
  return BigInt(date.getTime() + clock - offset)
}
