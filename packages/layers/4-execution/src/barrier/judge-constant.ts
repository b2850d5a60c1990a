import type { A_Const, Node } from 'libpg-query'

/** The type of a literal. */
export function literalType(literal: A_Const): string {
  if (literal.ival) return 'int4'
  if (literal.boolval) return 'bool'
  return literal.fval ? 'numeric' : 'unknown'
}

/** The type of the clock that a keyword reads. */
export function clockType(keyword: string | undefined): string | undefined {
  return CLOCKS[(keyword ?? '').replace(/_N$/, '')]
}

const CLOCKS: Readonly<Record<string, string | undefined>> = {
  SVFOP_CURRENT_DATE: 'date',
  SVFOP_CURRENT_TIME: 'timetz',
  SVFOP_CURRENT_TIMESTAMP: 'timestamptz',
  SVFOP_LOCALTIME: 'time',
  SVFOP_LOCALTIMESTAMP: 'timestamp',
}

/**
 * Whether a literal moves a clock by so little that no date overflows: at most 999 years. A clock is read in every row, so
 * that a move that fails would tell that there is a row.
 */
export function isSmallMove(node: Node, clock: string | undefined): boolean {
  if (clock === 'date' && 'A_Const' in node && node.A_Const.ival) return Math.abs(node.A_Const.ival.ival ?? 0) <= 99_999
  if (!('TypeCast' in node) || !node.TypeCast.arg || !('A_Const' in node.TypeCast.arg)) return false
  const name = node.TypeCast.typeName?.names?.at(-1)
  const text = node.TypeCast.arg.A_Const.sval?.sval
  return name !== undefined && 'String' in name && name.String.sval === 'interval' && SMALL_INTERVAL.test(text ?? '')
}

const SMALL_INTERVAL = /^-?\d{1,3}( ?(years?|months?|mons?|weeks?|days?|hours?|minutes?|mins?|seconds?|secs?))?$/

/** What `date_trunc` takes; any other unit is an error in every row. */
export const TRUNCATED: ReadonlySet<string> = new Set([
  ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'],
])

/**
 * Whether a LIKE pattern is a literal that cannot fail: one that ends within an escape fails on the rows that match so far.
 */
export function isSoundPattern(node: Node): boolean {
  if (!('A_Const' in node) || !node.A_Const.sval) return false
  const [escapes = ''] = /\\*$/.exec(node.A_Const.sval.sval ?? '') ?? []
  return escapes.length % 2 === 0
}
