import { LockstepError } from '@lockstep/core'
import type { Query } from './query.ts'

/** One column of a relation, as the database's catalog has it. */
export interface LiveColumn {
  /** PostgreSQL type, as in `format_type`. */
  readonly type: string
  readonly required: boolean
  /** Whether it is generated when it is read, and stored nowhere. */
  readonly virtual?: boolean
  /** Whether it has a unique index of its own. */
  readonly unique: boolean
  /** The schema and the name of its collation; absent for a type without one. */
  readonly collation?: { readonly schema: string; readonly name: string; readonly deterministic: boolean } | undefined
}

/** One relation, as the database's catalog has it. */
export interface LiveRelation {
  /**
   * `pg_class.relkind`: `r` a table, `p` a partitioned one, `v` a view, `m` a materialized view, `f` a foreign table, or one that shows rows of a
   * foreign table below it; `function`.
   */
  readonly kind: string
  readonly columns: ReadonlyMap<string, LiveColumn>
}

const LIVE_COLUMNS = `
  WITH RECURSIVE foreign_or_above AS (
    SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'f'
    UNION SELECT h.inhparent FROM pg_catalog.pg_inherits h JOIN foreign_or_above f ON f.oid = h.inhrelid
  )
  SELECT n.nspname || '.' || c.relname AS relation, a.attname::text AS column,
    CASE WHEN c.oid IN (SELECT oid FROM foreign_or_above) THEN 'f' ELSE c.relkind::text END AS kind,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required, a.attgenerated = 'v' AS virtual,
    ln.nspname::text AS collation_schema, l.collname::text AS collation_name, l.collisdeterministic AS deterministic,
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS unique
  FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
  ORDER BY n.nspname, c.relname, a.attnum`

/** Functions that return sets of rows of known columns: a composite type's, those of `RETURNS TABLE` or of its one output, or a single one. */
const LIVE_FUNCTIONS = `
  SELECT n.nspname || '.' || p.proname || '(' || s.arguments || ')' AS relation, 'function' AS kind, r.name AS column,
    pg_catalog.format_type(r.type, r.modifier) AS type, false AS required, false AS virtual,
    ln.nspname::text AS collation_schema, l.collname::text AS collation_name, l.collisdeterministic AS deterministic,
    false AS unique
  FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_type t ON t.oid = p.prorettype
    CROSS JOIN LATERAL (
      SELECT coalesce(pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.place), '') AS arguments
      FROM pg_catalog.unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, place)
    ) AS s
    LEFT JOIN LATERAL (
      SELECT a.attname::text AS name, a.atttypid AS type, a.atttypmod AS modifier, a.attcollation AS collation, a.attnum::int AS place
      FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT o.name, o.type, -1, ot.typcollation, o.place::int
      FROM ROWS FROM (pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proallargtypes), pg_catalog.unnest(p.proargmodes))
        WITH ORDINALITY AS o (name, type, mode, place) JOIN pg_catalog.pg_type ot ON ot.oid = o.type
      WHERE t.typtype <> 'c' AND o.mode IN ('o', 'b', 't')
      UNION ALL
      SELECT p.proname::text, t.oid, -1, t.typcollation, 1 WHERE t.typtype NOT IN ('c', 'p') AND p.proallargtypes IS NULL
    ) AS r ON true
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = r.collation
    LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
  WHERE p.prokind = 'f' AND p.proretset AND p.provariadic = 0
    AND n.nspname || '.' || p.proname || '(' || s.arguments || ')' = ANY ($1::text[])
  ORDER BY 1, r.place`

/**
 * Reads the named relations (`schema.name`, `schema.function(integer, text)`) with their columns from the catalog. What is not there is not in the
 * answer.
 *
 * Rejects with `execution.database-failed`.
 */
export async function readLiveColumns(
  relations: readonly string[],
  query: Query,
): Promise<ReadonlyMap<string, LiveRelation>> {
  const names = [...new Set(relations)]
  const functions = names.filter((name) => name.endsWith(')'))
  const ask = (text: string, asked: readonly string[]) =>
    query(text, [[...asked]]).catch(() => {
      throw new LockstepError('execution.database-failed', 'the catalog could not be read')
    })
  const rows = [
    ...(await ask(LIVE_COLUMNS, names)),
    ...(functions.length > 0 ? await ask(LIVE_FUNCTIONS, functions) : []),
  ]
  const live = new Map<string, { readonly kind: string; readonly columns: Map<string, LiveColumn> }>()
  for (const row of rows) {
    const name = String(row.relation)
    const relation = live.get(name) ?? { kind: String(row.kind), columns: new Map<string, LiveColumn>() }
    live.set(name, relation)
    if (typeof row.column === 'string') relation.columns.set(row.column, liveColumn(row))
  }
  return live
}

function liveColumn(row: Readonly<Record<string, unknown>>): LiveColumn {
  const { type, required, virtual, unique, collation_schema: schema, collation_name: name, deterministic } = row
  return {
    type: String(type),
    required: required === true,
    ...(virtual === true ? { virtual: true } : {}),
    unique: unique === true,
    collation:
      typeof schema === 'string' && typeof name === 'string'
        ? { schema, name, deterministic: deterministic === true }
        : undefined,
  }
}
