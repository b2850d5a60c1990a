/** Kinds of scalars, to be added up: what a place takes is one number. Null fits everywhere and has no kind. */
const STRING = 1
const BOOLEAN = 2
const INTEGER = 4
/** A number with a fraction. */
const FRACTION = 8
/** Scalars of every kind. */
export const ANY_SCALAR = STRING | BOOLEAN | INTEGER | FRACTION

const KINDS: Readonly<Record<string, number>> = {
  string: STRING,
  boolean: BOOLEAN,
  integer: INTEGER,
  number: INTEGER | FRACTION,
}

/** The kinds of scalars that types of JSON Schema are, added up. */
export function scalarsOf(types: readonly string[]): number {
  return types.reduce((sum, type) => sum | (Object.hasOwn(KINDS, type) ? (KINDS[type] ?? 0) : 0), 0)
}

/** The kind of a value; 0 for what is no scalar that JSON writes, and for null. */
export function scalarKind(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return STRING
    case 'boolean':
      return BOOLEAN
    case 'number':
      return Number.isInteger(value) ? INTEGER : Number.isFinite(value) ? FRACTION : 0
    default:
      return 0
  }
}
