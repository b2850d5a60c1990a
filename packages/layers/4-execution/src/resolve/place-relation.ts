import type { Alias, Node } from 'libpg-query'
import type { TableUse } from '../barrier/table-use.ts'
import type { ScopedColumn, ScopedRelation } from '../policy/scope-relation.ts'
import { renamed } from './renamed.ts'
import type { RangeEntry } from './scope.ts'
import type { StatementContext } from './statement-context.ts'

/**
 * Puts the derived table that stands for a relation in the place of an item of FROM, in place: the item becomes another kind of node. Returns
 * what can be named of it.
 */
export function placeRelation(
  item: Node,
  relation: ScopedRelation,
  given: Alias | undefined,
  { settled, notes }: Pick<StatementContext, 'settled' | 'notes'>,
): RangeEntry {
  const { select, table } = relation
  settled.add(select)
  const use = tableUse(relation, given?.colnames !== undefined)
  notes.uses.push(use)
  const alias: Alias = given ?? { aliasname: table.name }
  const lateral = table.kind === 'function' ? { lateral: true } : {}
  for (const kind of Object.keys(item)) Reflect.deleteProperty(item, kind)
  Object.assign(item, { RangeSubselect: { ...lateral, subquery: { SelectStmt: select }, alias } })
  const source = { from: 'table' as const, use }
  // a scope names no source; members that stand behind a spread cost microseconds
  const columns = renamed(relation.columns, given).map((column): ScopedColumn => ({ source, ...column }))
  const entry = { name: alias.aliasname ?? table.name, columns, use, isRenamed: given?.colnames !== undefined }
  return given ? entry : { ...entry, schema: table.schema }
}

function tableUse({ select, table, isOpen, withheld }: ScopedRelation, isComplete: boolean): TableUse {
  const isStored = table.kind === 'table' || table.kind === 'materialized view'
  return {
    select,
    relation: table.id,
    table: table.name,
    isOpen,
    isStored,
    isNullable: false,
    canExport: true,
    // of what a view joins, a filter may look at one table, and what a statement computes at another one, which is read first; a foreign
    // server may be asked to sort by what is computed, and not be told the filter
    isFenced: !isStored && !isOpen,
    isExporting: false,
    withheld,
    named: new Set(),
    asked: new Set(),
    isComplete,
    isWhole: false,
    inside: [],
  }
}
