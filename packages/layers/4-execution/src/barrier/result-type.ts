const TEXTS = new Set([
  ...[
    'lower',
    'upper',
    'initcap',
    'btrim',
    'ltrim',
    'rtrim',
    'replace',
    'translate',
    'substring',
    'substr',
    'left',
    'right',
  ],
  ...['reverse', 'concat', 'concat_ws', 'to_char', 'split_part', 'md5', 'lpad', 'rpad', 'repeat', 'string_agg'],
])
const INTEGERS = new Set(['length', 'char_length', 'character_length', 'octet_length', 'strpos', 'position', 'ascii'])
const COUNTS = new Set(['count', 'row_number', 'rank', 'dense_rank'])
const SAME = new Set(['min', 'max', 'first_value', 'last_value', 'lag', 'lead'])
const WIDTHS = ['int2', 'int4', 'int8', 'numeric']

/**
 * The type that a function of `pg_catalog` returns, where that is needed to judge a comparison of it. `undefined` when unsure.
 *
 * @param args the types of its arguments
 */
export function functionType(name: string, args: readonly (string | undefined)[]): string | undefined {
  const [first, second] = args
  if (TEXTS.has(name)) return 'text'
  if (INTEGERS.has(name)) return 'int4'
  if (COUNTS.has(name)) return 'int8'
  if (SAME.has(name)) return first
  if (name === 'extract') return 'numeric'
  if (name === 'date_part') return 'float8'
  if (name === 'date_trunc') return second === 'date' ? 'timestamptz' : second
  if (name === 'sum') return SUMS[first ?? '']
  if (name === 'avg') return WIDTHS.includes(first ?? '') ? 'numeric' : undefined
  return undefined
}

const SUMS: Readonly<Record<string, string | undefined>> = {
  int2: 'int8',
  int4: 'int8',
  int8: 'numeric',
  numeric: 'numeric',
  float8: 'float8',
}

/** The type of `left operator right`. `undefined` when unsure. */
export function operatorType(
  operator: string,
  left: string | undefined,
  right: string | undefined,
): string | undefined {
  if (operator === '||') return left === 'text' || right === 'text' ? 'text' : undefined
  if (!['+', '-', '*', '/', '%'].includes(operator)) return undefined
  const [a, b] = [left === 'unknown' ? right : left, right === 'unknown' ? left : right]
  if (a === undefined || b === undefined) return undefined
  if (WIDTHS.includes(a) && WIDTHS.includes(b)) return WIDTHS[Math.max(WIDTHS.indexOf(a), WIDTHS.indexOf(b))]
  if (a === 'float8' || b === 'float8')
    return [...WIDTHS, 'float8'].includes(a === 'float8' ? b : a) ? 'float8' : undefined
  const isShift = operator === '+' || operator === '-'
  if (!isShift) return undefined
  if (a === 'date') return b === 'interval' ? 'timestamp' : b === 'int4' ? 'date' : b === 'date' ? 'int4' : undefined
  if (a === 'timestamp' || a === 'timestamptz') return b === 'interval' ? a : undefined
  return undefined
}
