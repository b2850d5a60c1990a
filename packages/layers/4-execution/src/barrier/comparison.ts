/**
 * Types whose comparisons (`= <> < <= > >=`) PostgreSQL itself declares leakproof, each with every other of its group.
 * A test holds them against `pg_proc.proleakproof` of the versions that are supported.
 */
export const LEAKPROOF: readonly (readonly string[])[] = [
  ...[['int2', 'int4', 'int8'], ['float4', 'float8'], ['text'], ['bpchar'], ['bool'], ['uuid'], ['interval']],
  ...[['date'], ['timestamp'], ['timestamptz'], ['time'], ['timetz']],
]

/**
 * Types whose comparisons are declared by nobody, and which raise no error on any two values: what they convert to holds every
 * value (`int8` in `numeric`), or the comparison is written to say "greater" where a conversion would overflow.
 * `numeric` with `float8` is not here: a large `numeric` does not fit.
 */
export const JUDGED: readonly (readonly string[])[] = [
  ...[
    ['int2', 'int4', 'int8', 'numeric'],
    ['int2', 'int4', 'int8', 'float4', 'float8'],
  ],
  ['date', 'timestamp', 'timestamptz'],
]

/** One side of a comparison. */
export interface Compared {
  /** `unknown` for a literal or a parameter, which takes the type of the other side. */
  readonly type?: string | undefined
  /** Whether it is the same in every row, and converted once. */
  readonly isConstant: boolean
  /** Set for a parameter that another place of the statement may have given a type. */
  readonly isReused?: boolean | undefined
}

/**
 * Whether comparing values of two types raises no error and tells nothing, whatever the values are.
 */
export function isQuietComparison(left: Compared, right: Compared): boolean {
  if (left.type === undefined || right.type === undefined) return false
  if (left.type === 'unknown' && right.type === 'unknown') return !left.isReused && !right.isReused
  if (left.type === 'unknown') return isQuietComparison(right, left)
  const one = baseOf(left.type)
  const groups = [...LEAKPROOF, ...JUDGED].filter((group) => group.includes(one))
  // a parameter that is a float8 elsewhere would make a float8 of the column
  if (right.type === 'unknown') return groups.length > 0 && !(right.isReused && one === 'numeric')
  const other = baseOf(right.type)
  if (groups.some((group) => group.includes(other))) return true
  return (left.isConstant && isFloatAndNumber(other, one)) || (right.isConstant && isFloatAndNumber(one, other))
}

/** `varchar` has no operators of its own and is compared as `text`. */
function baseOf(type: string): string {
  return type === 'varchar' ? 'text' : type
}

/** A constant number becomes a float once. */
function isFloatAndNumber(column: string, constant: string): boolean {
  return (column === 'float4' || column === 'float8') && constant === 'numeric'
}
