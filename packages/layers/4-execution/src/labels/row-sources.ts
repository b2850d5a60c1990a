import type { JoinExpr, Node, RangeVar, SelectStmt } from 'libpg-query'

/**
 * The tables of a statement of which each row of the result shows exactly one row, and whose other rows cannot have influenced
 * the result by more than not being in it. Look before the statement is resolved: resolving replaces its tables. A table that
 * the statement names a second time is the caller's to sort out.
 *
 * What a caller learns of a row that is not returned is bounded: every question that could have told more would have returned
 * the row. That no longer holds with OFFSET (three rows and a sort key tell a bit of a row that is skipped), on the nullable
 * side of an outer join (`WHERE b.id IS NULL` turns a match into silence), nor with anything that looks at several rows.
 *
 * @returns none for a statement that is not certainly of that form
 */
export function rowSources(select: SelectStmt): readonly RangeVar[] {
  const simple =
    Object.keys(select).every((key) => SIMPLE_CLAUSES.has(key)) &&
    select.op === 'SETOP_NONE' &&
    (select.targetList ?? []).every(hasKnownName) &&
    !looksAtOtherRows(select)
  if (!simple) return []
  const items = (select.fromClause ?? []).map(shownBy)
  return items.includes(undefined) ? [] : items.flatMap((tables) => tables ?? [])
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
  if (typeof tree !== 'object' || tree === null) return false
  return Object.entries(tree).some(([key, value]) => key === 'SubLink' || key === 'over' || looksAtOtherRows(value))
}

/** The tables that one item of FROM shows; `undefined` for an item that is not made of tables alone. */
function shownBy(node: Node): readonly RangeVar[] | undefined {
  if ('RangeVar' in node) return [node.RangeVar]
  return 'JoinExpr' in node ? shownByJoin(node.JoinExpr) : undefined
}

function shownByJoin({ jointype, larg, rarg }: JoinExpr): readonly RangeVar[] | undefined {
  const left = larg && shownBy(larg)
  const right = rarg && shownBy(rarg)
  if (!left || !right) return undefined
  switch (jointype) {
    case 'JOIN_INNER':
      return [...left, ...right]
    case 'JOIN_LEFT':
      return left
    case 'JOIN_RIGHT':
      return right
    default:
      return []
  }
}
