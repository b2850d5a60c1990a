import { LockstepError } from '@lockstep/core'
import type { Query } from './query.ts'

/** One column of a relation, as the database's catalog has it. */
export interface LiveColumn {
  /** PostgreSQL type, as in `format_type`. */
  readonly type: string
  readonly required: boolean
  /** Whether it has a unique index of its own. */
  readonly unique: boolean
  /** The schema and the name of its collation; absent for a type without one. */
  readonly collation?: { readonly schema: string; readonly name: string; readonly deterministic: boolean } | undefined
}

/** One relation, as the database's catalog has it. */
export interface LiveRelation {
  /** `pg_class.relkind`: `r` a table, `p` a partitioned one, `v` a view, `m` a materialized view, `f` a foreign table. */
  readonly kind: string
  readonly columns: ReadonlyMap<string, LiveColumn>
}

const LIVE_COLUMNS = `
  SELECT n.nspname || '.' || c.relname AS relation, c.relkind::text AS kind, a.attname::text AS column,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
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

/**
 * Reads the named relations (`schema.name`) with their columns from the catalog. What is not there is not in the answer.
 *
 * Rejects with `execution.database-failed`.
 */
export async function readLiveColumns(
  relations: readonly string[],
  query: Query,
): Promise<ReadonlyMap<string, LiveRelation>> {
  const rows = await query(LIVE_COLUMNS, [[...new Set(relations)]]).catch(() => {
    throw new LockstepError('execution.database-failed', 'the catalog could not be read')
  })
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
  const { type, required, unique, collation_schema: schema, collation_name: name, deterministic } = row
  return {
    type: String(type),
    required: required === true,
    unique: unique === true,
    collation:
      typeof schema === 'string' && typeof name === 'string'
        ? { schema, name, deterministic: deterministic === true }
        : undefined,
  }
}
