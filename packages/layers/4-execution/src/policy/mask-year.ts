import type { Node } from 'libpg-query'
import { call, cast, choose, TEXT, text } from '../statement/ast.ts'

/** The year of a date in SQL, in UTC where the column has a time zone; NULL for `infinity`. */
export function yearNode(cell: Node, stored: string): Node {
  const isZoned = stored.endsWith('with time zone')
  const date = isZoned ? inUtc(cell) : cell
  return choose([[call('isfinite', cell), cast(call('date_part', text('year'), date), TEXT)]])
}

/** `cell AT TIME ZONE 'UTC'`, as the grammar makes it. */
function inUtc(cell: Node): Node {
  const funcname = ['pg_catalog', 'timezone'].map((sval): Node => ({ String: { sval } }))
  return { FuncCall: { funcname, args: [text('UTC'), cell], funcformat: 'COERCE_SQL_SYNTAX' } }
}

const DATE = /^(\d{4,6})-\d{2}-\d{2}(?:[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?( BC)?$/

/**
 * The year of a date in TypeScript, from the text that a result carries: PostgreSQL's own, or ISO 8601. Null for anything else, and
 * for an instant near a turn of the year that only its offset decides.
 */
export function yearOf(value: unknown, stored: string): string | null {
  if (typeof value !== 'string') return null
  const [, year, , zone, before] = DATE.exec(value) ?? []
  if (year === undefined) return null
  const isZoned = stored.endsWith('with time zone')
  if (isZoned !== (zone !== undefined)) return null
  if (zone !== undefined && !/^(Z|[+-]00(:?00)?)$/.test(zone)) return null
  return `${before ? '-' : ''}${Number(year)}`
}
