import { type ColumnMapping, type EntityTable, LockstepError, type TableMapping } from '@lockstep/core'
import type { Query } from './query.ts'

/** One row of the live catalog. */
interface LiveColumn {
  readonly relation: unknown
  readonly kind: unknown
  readonly column: unknown
  readonly type: unknown
  readonly required: unknown
  readonly deterministic: unknown
  readonly unique: unknown
}

const LIVE_COLUMNS = `
  SELECT n.nspname || '.' || c.relname AS relation, c.relkind::text AS kind, a.attname::text AS column,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
    COALESCE(l.collisdeterministic, true) AS deterministic,
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS unique
  FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
  WHERE n.nspname || '.' || c.relname = ANY ($1::text[])`

/**
 * Compares a table mapping with the live database. The rewriter's exactness rests on it: attribute columns are NOT NULL (three
 * values of truth would permit what Cedar does not), types are the declared ones, texts compare by their characters.
 *
 * Rejects with `execution.mapping-invalid` naming table and column, and with `execution.database-failed`.
 */
export async function checkTables(tables: TableMapping, query: Query): Promise<void> {
  const live = await query(LIVE_COLUMNS, [Object.keys(tables)]).catch(() => {
    throw new LockstepError('execution.database-failed', 'the catalog could not be read')
  })
  for (const [id, table] of Object.entries(tables)) {
    const columns = new Map<unknown, LiveColumn>()
    for (const row of live) {
      const { relation, kind, column, type, required, deterministic, unique } = row
      if (relation === id) columns.set(column, { relation, kind, column, type, required, deterministic, unique })
    }
    checkTable(id, table, columns)
  }
}

function checkTable(id: string, table: EntityTable, live: ReadonlyMap<unknown, LiveColumn>): void {
  const [any] = live.values()
  if (!any) throw invalid(`there is no table \`${id}\``)
  // a view runs as its owner, and a foreign table anywhere
  if (any.kind !== 'r' && any.kind !== 'p') throw invalid(`\`${id}\` is not a table`)
  for (const [name, mapping] of Object.entries(table.columns)) {
    const column = live.get(name)
    if (!column) throw invalid(`\`${id}\` has no column \`${name}\``)
    checkColumn(`${id}.${name}`, mapping, name === table.key, column)
  }
}

function checkColumn(place: string, mapping: ColumnMapping, isKey: boolean, column: LiveColumn): void {
  if (column.type !== mapping.type) {
    throw invalid(`\`${place}\` is declared as \`${mapping.type}\` and is \`${String(column.type)}\``)
  }
  if (mapping.attribute === undefined && !isKey) return
  if (isKey && column.unique !== true) throw invalid(`the key \`${place}\` must have a unique index of its own`)
  if (column.required !== true) throw invalid(`\`${place}\` must be NOT NULL: policies decide on it`)
  if (column.deterministic !== true) throw invalid(`\`${place}\` must have a deterministic collation`)
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
