/** Types that a statement may cast to. None of them reads a catalog of relations (as `regclass` does) or names a table's row. */
export const TYPES: ReadonlySet<string> = new Set([
  ...['text', 'varchar', 'bpchar', 'char', 'uuid', 'bool', 'boolean', 'bytea', 'bit', 'varbit'],
  ...['int2', 'int4', 'int8', 'smallint', 'integer', 'bigint', 'numeric', 'float4', 'float8', 'money'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
  ...['json', 'jsonb', 'jsonpath', 'inet', 'cidr', 'macaddr', 'macaddr8'],
  ...['int4range', 'int8range', 'numrange', 'daterange', 'tsrange', 'tstzrange'],
  ...['int4multirange', 'int8multirange', 'nummultirange', 'datemultirange', 'tsmultirange', 'tstzmultirange'],
  // the name of a text search configuration tells no more than `to_tsvector` with it does
  ...['tsvector', 'tsquery', 'regconfig'],
])

/** Collations that exist in every database and compare without a locale of their own. */
export const COLLATIONS: ReadonlySet<string> = new Set(['C', 'POSIX', 'default', 'ucs_basic'])
