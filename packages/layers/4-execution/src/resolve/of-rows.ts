import type { ScopedColumn } from '../policy/scope-relation.ts'

/** A column of rows that are there: no condition over it moves below what made them. */
export function ofRows(column: ScopedColumn): ScopedColumn {
  return { ...column, source: { from: 'rows', of: column.source } }
}
