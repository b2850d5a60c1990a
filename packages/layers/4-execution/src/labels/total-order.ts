import type { Node, SelectStmt } from 'libpg-query'
import type { CatalogTable } from '../policy/catalog.ts'
import type { ColumnOrigin, ScopedColumn } from '../policy/scope-relation.ts'

/** One table of FROM. */
export interface FromTable {
  /** What qualifies its columns. */
  readonly name: string
  readonly table: CatalogTable
}

/**
 * Whether LIMIT cuts a statement's rows in an order that nothing but the rows themselves decides: there is no LIMIT, or rows
 * are ordered by the keys of all tables, or one table is read as it lies. Otherwise rows tie, and which of them come first is
 * up to a sort that has seen rows which are not returned.
 *
 * @param select a statement that has `rowSources`, resolved
 * @param output the columns of its result
 */
export function hasTotalOrder(
  select: SelectStmt,
  from: readonly FromTable[],
  output: readonly ScopedColumn[],
): boolean {
  if (!select.limitCount) return true
  if (!select.sortClause) return from.length === 1
  const sorted = select.sortClause.map((node) =>
    'SortBy' in node ? sortedBy(node.SortBy.node, from, output) : undefined,
  )
  return from.every(({ table }) => {
    const isOnly = from.filter((other) => other.table === table).length === 1
    // nothing promises that the key of a view is one
    return (
      table.kind === 'table' &&
      isOnly &&
      sorted.some((by) => by?.relation === table.id && by.column === table.key.column.name)
    )
  })
}

/** The table column that an item of ORDER BY is, by position, by output name or by its own name; `undefined` if unsure. */
function sortedBy(
  node: Node | undefined,
  from: readonly FromTable[],
  output: readonly ScopedColumn[],
): ColumnOrigin | undefined {
  if (!node) return undefined
  if ('A_Const' in node) return output[(node.A_Const.ival?.ival ?? 0) - 1]?.origin
  if (!('ColumnRef' in node)) return undefined
  const path = (node.ColumnRef.fields ?? []).map((field) => ('String' in field ? field.String.sval : undefined))
  const column = path.at(-1)
  if (column === undefined || path.length > 2) return undefined
  if (path.length === 2)
    return originIn(
      from.find(({ name }) => name === path[0]),
      column,
    )
  // output names come first in ORDER BY
  const [named, ...more] = output.filter(({ name }) => name === column)
  if (named) return more.length === 0 ? named.origin : undefined
  return from.length === 1 ? originIn(from[0], column) : undefined
}

function originIn(item: FromTable | undefined, column: string): ColumnOrigin | undefined {
  return item && { relation: item.table.id, column }
}
