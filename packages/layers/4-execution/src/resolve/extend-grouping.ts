import type { ColumnRef, Node, SelectStmt } from 'libpg-query'
import { column } from '../statement/ast.ts'
import { eachMember, isTree } from '../statement/tree.ts'
import { askFor } from './ask-for.ts'
import { isStar } from './resolve-column.ts'
import type { RangeEntry, Scope } from './scope.ts'

/**
 * `GROUP BY d.id` lets PostgreSQL select `d.name` when `id` is the primary key. It cannot know that of a derived table, so the
 * columns that are used are added to the grouping, in place: they depend on the key, and change no group.
 */
export function extendGrouping(select: SelectStmt, scope: Scope): void {
  const grouping = select.groupClause ?? []
  const used = new Set<string>()
  for (const item of grouping) {
    if (!('ColumnRef' in item)) continue
    const entry = keyedEntry(item, scope)
    if (entry?.name === undefined) continue
    if (used.size === 0)
      collectNames([select.targetList, select.havingClause, select.sortClause, select.distinctClause], used)
    for (const item of entry.columns) {
      if (item.key || !(used.has(item.name) || used.has('*'))) continue
      askFor(item)
      select.groupClause = [...(select.groupClause ?? []), column(entry.name, item.name)]
    }
  }
}

/** The table whose key is grouped by; absent for output names and for columns that are no key. */
function keyedEntry(
  item: Node & { readonly ColumnRef: ColumnRef },
  { columns, entries }: Scope,
): RangeEntry | undefined {
  const path = (item.ColumnRef.fields ?? []).map((field) => ('String' in field ? field.String.sval : undefined))
  const [name, relation, schema] = path.toReversed()
  const isMeant = (entry: RangeEntry) => entry.name === relation && (schema === undefined || entry.schema === schema)
  const among = path.length === 1 ? columns : entries.find(isMeant)?.columns
  const [found, ...more] = (among ?? []).filter((column) => column.name === name)
  return found?.key && more.length === 0 ? entries.find((entry) => entry.columns.includes(found)) : undefined
}

function collectNames(tree: unknown, used: Set<string>): void {
  if (!isTree(tree)) return
  eachMember(tree, (kind, value) => {
    if (kind === 'ColumnRef' && isTree(value)) {
      const reference: ColumnRef = value
      const last = reference.fields?.at(-1)
      if (isStar(reference)) used.add('*')
      else if (last && 'String' in last) used.add(last.String.sval ?? '')
    } else collectNames(value, used)
  })
}
