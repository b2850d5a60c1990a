import type { JoinExpr, Node, RangeVar, SelectStmt } from 'libpg-query'
import { isTree, someMember } from '../statement/tree.ts'

/** The tables of a statement whose result is made row by row. */
export interface RowSources {
  /** Every table of FROM; the statement names no other. */
  readonly tables: readonly RangeVar[]
  /** Those of which each row of the result shows exactly one row. */
  readonly shown: readonly RangeVar[]
}

/**
 * The tables of a statement of which each row of the result shows exactly one row, and whose other rows cannot have influenced
 * the result by more than not being in it. Look before the statement is resolved: resolving replaces its tables.
 *
 * What a caller learns of a row that is not returned is bounded: a question that could have told more would have returned the
 * row. That no longer holds with OFFSET (three rows and a sort key tell a bit of a row that is skipped), on the nullable side
 * of an outer join (`WHERE b.id IS NULL` turns a match into silence), nor with anything that looks at several rows at once.
 *
 * @returns `undefined` for a statement that is not certainly of that form
 */
export function rowSources(select: SelectStmt): RowSources | undefined {
  const simple =
    Object.keys(select).every((key) => SIMPLE_CLAUSES.has(key)) &&
    select.op === 'SETOP_NONE' &&
    (select.targetList ?? []).every(hasKnownName) &&
    !looksAtOtherRows(select)
  return simple ? sideBySide((select.fromClause ?? []).map(sourcesOf)) : undefined
}

const SIMPLE_CLAUSES = new Set([
  ...['targetList', 'fromClause', 'whereClause', 'sortClause', 'limitCount', 'limitOption', 'op'],
])

/** A row is an object by output name, so that a name that is only guessed could stand in front of the one that is looked at. */
function hasKnownName(node: Node): boolean {
  if (!('ResTarget' in node) || !node.ResTarget.val) return false
  return node.ResTarget.name !== undefined || 'ColumnRef' in node.ResTarget.val
}

/** Sub-queries and window functions. An aggregate shows itself: beside it, no column can be selected as it is. */
function looksAtOtherRows(tree: unknown): boolean {
  return (
    isTree(tree) && someMember(tree, (key, value) => key === 'SubLink' || key === 'over' || looksAtOtherRows(value))
  )
}

/** `undefined` for an item of FROM that is not made of tables alone, under their own column names. */
function sourcesOf(node: Node): RowSources | undefined {
  if ('JoinExpr' in node) return sourcesOfJoin(node.JoinExpr)
  if (!('RangeVar' in node) || node.RangeVar.alias?.colnames) return undefined
  return { tables: [node.RangeVar], shown: [node.RangeVar] }
}

function sourcesOfJoin({ jointype, larg, rarg }: JoinExpr): RowSources | undefined {
  const left = larg && sourcesOf(larg)
  const right = rarg && sourcesOf(rarg)
  const both = sideBySide([left, right])
  if (!both || !left || !right || jointype === 'JOIN_INNER') return both
  const shown = jointype === 'JOIN_LEFT' ? left.shown : jointype === 'JOIN_RIGHT' ? right.shown : []
  return { tables: both.tables, shown }
}

function sideBySide(items: readonly (RowSources | undefined)[]): RowSources | undefined {
  const known = items.filter((item) => item !== undefined)
  if (known.length < items.length) return undefined
  return { tables: known.flatMap(({ tables }) => tables), shown: known.flatMap(({ shown }) => shown) }
}
