import type { Node, SelectStmt } from 'libpg-query'
import { column } from '../statement/ast.ts'
import { isStar, resolveColumn } from './resolve-column.ts'
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
    for (const { name, key } of entry.columns) {
      if (!key && (used.has(name) || used.has('*')))
        select.groupClause = [...(select.groupClause ?? []), column(entry.name, name)]
    }
  }
}

/** The table whose key is grouped by; absent for output names and for columns that are no key. */
function keyedEntry(item: Node & { readonly ColumnRef: object }, scope: Scope): RangeEntry | undefined {
  if (!('ColumnRef' in item)) return undefined
  const reference = structuredClone(item.ColumnRef)
  try {
    const found = resolveColumn(reference, { ...scope, outer: undefined })
    return found.key ? scope.entries.find((entry) => entry.columns.includes(found)) : undefined
  } catch {
    return undefined
  }
}

function collectNames(tree: unknown, used: Set<string>): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const [kind, value] of Object.entries(tree)) {
    if (kind === 'ColumnRef') {
      const fields: readonly Node[] = value.fields ?? []
      const last = fields.at(-1)
      if (isStar(value)) used.add('*')
      else if (last && 'String' in last) used.add(last.String.sval ?? '')
    } else collectNames(value, used)
  }
}
