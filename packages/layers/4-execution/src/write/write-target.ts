import { LockstepError } from '@lockstep/core'
import type { Node, RangeVar } from 'libpg-query'
import type { TableUse } from '../barrier/table-use.ts'
import type { CatalogColumn, CatalogTable } from '../policy/catalog.ts'
import type { ScopedColumn, ScopedRelation } from '../policy/scope-relation.ts'
import type { ScopedWrite } from '../policy/scope-write.ts'
import type { FromItem } from '../resolve/scope.ts'
import type { StatementContext } from '../resolve/statement-context.ts'
import { isTruth } from '../statement/ast.ts'

/** The table that a statement writes. It stays where it is: a derived table could not be written. */
export interface WriteTarget {
  readonly table: CatalogTable
  /** The one name by which the statement reaches it. No other relation of any statement has it. */
  readonly alias: string
  readonly use: TableUse
  /** What the call may see of it. */
  readonly read: ScopedRelation
  /** What names in the statement see of it. */
  readonly item: FromItem
  /** A part of the policy, which is qualified by the table's own name, for this place, or for rows by another name. Each time a copy. */
  readonly own: (node: Node, name?: string) => Node
}

/** Reads what a statement writes, and puts its own name there, in place. Throws `execution.relation-unknown`, `execution.statement-unsupported`. */
export function writeTarget(range: RangeVar | undefined, context: StatementContext): WriteTarget {
  // absent for `ONLY`, so that the table of shapes cannot see it
  if (!range?.relname || !range.inh)
    throw new LockstepError('execution.statement-unsupported', '`ONLY` is not released')
  const read = context.relation(range.schemaname, range.relname)
  const { table } = read
  if (table.kind !== 'table') {
    throw new LockstepError('execution.statement-unsupported', 'write the tables behind a view')
  }
  const name = range.alias?.aliasname ?? range.relname
  const alias = `__t${context.pending.length + 1}`
  const use: TableUse = {
    // one of its own: the barrier builds on it, and what is shown of cells is read from the other
    select: structuredClone(read.select),
    writtenAs: alias,
    relation: table.id,
    table: table.name,
    isOpen: read.isOpen,
    isStored: true,
    isNullable: false,
    canExport: true,
    isFenced: false,
    isExporting: false,
    withheld: [],
    named: new Set(),
    asked: new Set(),
    isComplete: true,
    isWhole: false,
    inside: [],
  }
  context.notes.uses.push(use)
  const columns = read.columns.map((column): ScopedColumn => ({ ...column, source: { from: 'table', use } }))
  // INVARIANT: `isRenamed` keeps the row as a whole, which holds hidden columns, out of reach.
  const entry = { name, columns, use, isRenamed: true, ...(range.alias ? {} : { schema: table.schema }) }
  Object.assign(range, { schemaname: table.schema, relname: table.name, alias: { aliasname: alias } })
  context.settled.add(range)
  return {
    table,
    alias,
    use,
    read,
    item: { entries: [entry], columns },
    own: (node, of = alias) => qualify(node, table.name, of, context.settled),
  }
}

/** The column of a table that is to be written. Throws `execution.column-unknown`. */
export function columnToWrite(
  { table, read }: WriteTarget,
  name: string | undefined,
  classes: ReadonlyMap<string, Node>,
): CatalogColumn {
  const column = table.columns.find((item) => item.name === name)
  if (column && classes.has(column.fieldClass)) return column
  // a column that the caller may neither read nor write does not exist for it
  const isVisible = read.columns.some((item) => item.name === name)
  throw new LockstepError(isVisible ? 'execution.write-denied' : 'execution.column-unknown')
}

/** The condition on a row that is written. Throws `execution.write-denied` where it never holds. */
export function conditionOf({ read }: WriteTarget, { row = read.select.whereClause }: ScopedWrite): Node | undefined {
  if (isTruth(row, false)) throw new LockstepError('execution.write-denied')
  return row
}

/** The conditions on a row that is seen and written: one where they are the same. Throws as `conditionOf` does. */
export function rowConditions(target: WriteTarget, write: ScopedWrite): readonly (Node | undefined)[] {
  const row = conditionOf(target, write)
  const { whereClause } = target.read.select
  return row === whereClause ? [row] : [whereClause, row]
}

/** Copies a part of the policy under another qualifier. The looks into other tables that it holds are the policy's own. */
function qualify<T>(tree: T, from: string, to: string, settled: StatementContext['settled']): T
function qualify(tree: unknown, from: string, to: string, settled: StatementContext['settled']): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((item) => qualify(item, from, to, settled))
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(tree)) {
    const [qualifier, ...rest] = key === 'ColumnRef' ? (value.fields ?? []) : []
    copy[key] =
      rest.length === 1 && qualifier?.String?.sval === from
        ? { fields: [{ String: { sval: to } }, ...rest] }
        : qualify(value, from, to, settled)
    if (key === 'SelectStmt') settled.add(copy[key] as object)
  }
  return copy
}
