import { type ExtensionValue, meaningOf } from '@lockstep/core'

/** The first and the last instant that both a `Date` and a `timestamptz` can hold, to the year. */
const FIRST = BigInt(Date.UTC(-4711, 0, 1))
const LAST = BigInt(Date.UTC(275_000, 0, 1))

/**
 * A Cedar datetime as PostgreSQL reads a `timestamptz`, to the millisecond. One that no column holds becomes `-infinity` or
 * `infinity`, which lies on the same side of every instant that a column does.
 *
 * @param value of type `datetime`
 */
export function instantText(value: ExtensionValue): string | undefined {
  const meaning = meaningOf(value)
  if (!/^-?\d+$/.test(meaning)) return undefined
  const at = BigInt(meaning)
  if (at < FIRST) return '-infinity'
  if (at > LAST) return 'infinity'
  const date = new Date(Number(at))
  const year = date.getUTCFullYear()
  // ISO 8601 has a year 0; PostgreSQL calls it 1 BC
  const told = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const rest = date.toISOString().replace(/^[+-]?\d+-/, '')
  return `${told}-${rest}${year > 0 ? '' : ' BC'}`
}
