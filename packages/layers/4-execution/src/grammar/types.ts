/** Types that a statement may cast to. None of them reads a catalog (as `regclass` does) or names a table's row. */
export const TYPES: ReadonlySet<string> = new Set([
  ...['text', 'varchar', 'bpchar', 'char', 'uuid', 'bool', 'boolean'],
  ...['int2', 'int4', 'int8', 'smallint', 'integer', 'bigint', 'numeric', 'float4', 'float8'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
  ...['json', 'jsonb'],
])

/** Collations that exist in every database and compare without a locale of their own. */
export const COLLATIONS: ReadonlySet<string> = new Set(['C', 'POSIX', 'default', 'ucs_basic'])
