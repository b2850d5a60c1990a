import { type ColumnMapping, type EntityTable, LockstepError, type TableMapping } from '@lockstep/core'
import { type LiveColumn, type LiveRelation, readLiveColumns } from './live-columns.ts'
import type { Query } from './query.ts'

/**
 * Compares a table mapping with the live database. The rewriter's exactness rests on it: attribute columns are NOT NULL (three
 * values of truth would permit what Cedar does not), types are the declared ones, texts compare by their characters.
 *
 * Rejects with `execution.mapping-invalid` naming table and column, and with `execution.database-failed`.
 */
export async function checkTables(tables: TableMapping, query: Query): Promise<void> {
  const live = await readLiveColumns(Object.keys(tables), query)
  for (const [id, table] of Object.entries(tables)) checkTable(id, table, live.get(id))
}

function checkTable(id: string, table: EntityTable, live: LiveRelation | undefined): void {
  if (!live) throw invalid(`there is no table \`${id}\``)
  // a view runs as its owner, and a foreign table anywhere
  if (live.kind !== 'r' && live.kind !== 'p') throw invalid(`\`${id}\` is not a table`)
  for (const [name, mapping] of Object.entries(table.columns)) {
    const column = live.columns.get(name)
    if (!column) throw invalid(`\`${id}\` has no column \`${name}\``)
    checkColumn(`${id}.${name}`, mapping, name === table.key, column)
  }
}

function checkColumn(place: string, mapping: ColumnMapping, isKey: boolean, column: LiveColumn): void {
  if (column.type !== mapping.type) {
    throw invalid(`\`${place}\` is declared as \`${mapping.type}\` and is \`${column.type}\``)
  }
  if (mapping.attribute === undefined && !isKey) return
  if (isKey && !column.unique) throw invalid(`the key \`${place}\` must have a unique index of its own`)
  if (!column.required) throw invalid(`\`${place}\` must be NOT NULL: policies decide on it`)
  if (column.collation?.deterministic === false) throw invalid(`\`${place}\` must have a deterministic collation`)
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
