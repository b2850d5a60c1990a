import type { A_Expr, ColumnRef, FuncCall, SelectStmt } from 'libpg-query'
import { OPERATORS } from '../grammar/operators.ts'
import type { ColumnSource, ScopedColumn } from '../policy/scope-relation.ts'
import type { Scope } from '../resolve/scope.ts'
import { eachMember, isTree } from '../statement/tree.ts'
import type { BarrierNotes } from './notes.ts'
import type { TableUse } from './table-use.ts'

/** What an expression can run on. */
export interface Reach {
  /** The places where a table is read, on whose rows it could run before their filter. */
  readonly uses: Set<TableUse>
  /** Set when it is made of something that nothing is known of. */
  isBoundless: boolean
  /** Set when it calls a configured function: that may have effects, and run on rows that it names no column of. */
  callsConfigured: boolean
}

/** Tells the reach of an expression, or of any tree of them. */
export function reachOf(tree: unknown, notes: BarrierNotes): Reach {
  const reach: Reach = { uses: new Set(), isBoundless: false, callsConfigured: false }
  gather(tree, reach, notes, false)
  return reach
}

/** Tells the reach of the cells of a column. */
export function reachOfColumn(column: ScopedColumn, notes: BarrierNotes): Reach {
  const reach: Reach = { uses: new Set(), isBoundless: false, callsConfigured: false }
  gatherSource(column.source, reach, notes)
  return reach
}

/** The places where one level reads a table, directly or through derived tables whose rows are still unfiltered. */
export function usesOfLevel(scope: Scope, notes: BarrierNotes): ReadonlySet<TableUse> {
  const columns = [...scope.columns, ...scope.entries.flatMap((entry) => entry.columns)]
  const uses = columns.flatMap((column) => [...reachOfColumn(column, notes).uses])
  return new Set([...uses, ...scope.entries.flatMap(({ use }) => (use ? [use] : []))])
}

/** Whether a tree names a column of a level or of a level around it. */
export function namesColumnOf(scope: Scope, tree: unknown, notes: Pick<BarrierNotes, 'meanings'>): boolean {
  if (typeof tree !== 'object' || tree === null) return false
  return Object.entries(tree).some(([kind, value]) => {
    const meaning = kind === 'ColumnRef' ? notes.meanings.get(value) : undefined
    if (!meaning) return namesColumnOf(scope, value, notes)
    for (let level: Scope | undefined = scope; level; level = level.outer) {
      if (level.columns.includes(meaning) || level.entries.some(({ columns }) => columns.includes(meaning))) return true
    }
    return false
  })
}

/** @param isInside whether the tree is a sub-query, in which names of its own outputs stand for themselves */
function gather(tree: unknown, reach: Reach, notes: BarrierNotes, isInside: boolean): void {
  if (!isTree(tree)) return
  eachMember(tree, (kind, value) => {
    if (!isTree(value)) return
    if (kind === 'ColumnRef') gatherColumn(value, reach, notes, isInside)
    else if (kind === 'SelectStmt') gatherSubQuery(value, reach, notes)
    else {
      if (kind === 'FuncCall' && !isOfCatalog(value)) reach.callsConfigured = true
      if (kind === 'A_Expr' && !isBuiltIn(value)) reach.callsConfigured = true
      gather(value, reach, notes, isInside)
    }
  })
}

function isOfCatalog({ funcname: [schema] = [] }: FuncCall): boolean {
  return schema !== undefined && 'String' in schema && schema.String.sval === 'pg_catalog'
}

/** An operator that the configuration releases runs a function that nothing is known of. */
function isBuiltIn({ name = [] }: A_Expr): boolean {
  const [symbol, ...more] = name
  return more.length === 0 && symbol !== undefined && 'String' in symbol && OPERATORS.has(symbol.String.sval ?? '')
}

function gatherColumn(reference: ColumnRef, reach: Reach, notes: BarrierNotes, isInside: boolean): void {
  const meaning = notes.meanings.get(reference)
  if (meaning) gatherSource(meaning.source, reach, notes)
  else if (!isInside || notes.wholeRows.has(reference)) reach.isBoundless = true
}

/** A sub-query runs on rows of its own as well, which its own conditions answer for. */
function gatherSubQuery(select: SelectStmt, reach: Reach, notes: BarrierNotes): void {
  const inside: Reach = { uses: new Set(), isBoundless: false, callsConfigured: false }
  gather(select, inside, notes, true)
  const own = notes.subQueries.get(select)?.uses ?? []
  for (const use of inside.uses) if (!own.includes(use)) reach.uses.add(use)
  reach.isBoundless ||= inside.isBoundless
  reach.callsConfigured ||= inside.callsConfigured
}

function gatherSource(source: ColumnSource | undefined, reach: Reach, notes: BarrierNotes): void {
  switch (source?.from) {
    case 'table':
      reach.uses.add(source.use)
      return
    case 'expressions':
      for (const node of source.of) gather(node, reach, notes, false)
      return
    case 'columns':
      for (const { source: of } of source.of) gatherSource(of, reach, notes)
      return
    case 'rows':
      return
    case undefined:
      reach.isBoundless = true
  }
}
