import type { Node, SelectStmt, SubLink } from 'libpg-query'
import { comparable, type Judge, type Judgement } from './judge-expression.ts'
import { looksAtManyRows } from './many-rows.ts'
import type { BarrierNotes } from './notes.ts'

/**
 * Creates what judges sub-queries. One is quiet when every expression in it is, and it cannot return more rows than its place
 * takes: a condition that holds it may run for a hidden row of the level around it, and would fail or not by what that finds.
 */
export function subQueryJudge(notes: BarrierNotes): (link: SubLink, judge: Judge) => Judgement {
  const built = new Map(notes.uses.map((use) => [use.select, use]))

  return ({ subLinkType, testexpr, subselect }, judge) => {
    const select = subselect && 'SelectStmt' in subselect ? subselect.SelectStmt : undefined
    const [column, ...more] = (select && notes.subQueries.get(select)?.columns) ?? []
    const isQuiet = select !== undefined && isQuietSelect(select, judge)
    switch (subLinkType) {
      case 'EXISTS_SUBLINK':
        return { type: 'bool', isQuiet }
      case 'ANY_SUBLINK':
      case 'ALL_SUBLINK': {
        const test = testexpr && judge.expression(testexpr)
        const returned = column && judge.column(column)
        const isCompared = test?.isQuiet && returned?.isQuiet && more.length === 0 && comparable(test, returned)
        return { type: 'bool', isQuiet: isQuiet && isCompared === true }
      }
      case 'EXPR_SUBLINK':
        return { type: column && judge.column(column).type, isQuiet: isQuiet && isOneRow(select) }
      default:
        return { isQuiet: false }
    }
  }

  function isQuietSelect(select: SelectStmt, judge: Judge): boolean {
    const use = built.get(select)
    if (use) return use.isStored
    const isQuiet = (node: Node | undefined): boolean => node === undefined || judge.expression(node).isQuiet
    // a name without a meaning is that of a column that is returned, which is judged where it is made
    const isQuietItem = (node: Node | undefined): boolean =>
      node !== undefined && (('ColumnRef' in node && !notes.meanings.has(node.ColumnRef)) || isQuiet(node))
    const isQuietFrom = (node: Node): boolean => {
      if ('JoinExpr' in node) {
        const { larg, rarg, quals, usingClause } = node.JoinExpr
        return !usingClause && [larg, rarg].every((side) => side && isQuietFrom(side)) && isQuiet(quals)
      }
      if (!('RangeSubselect' in node)) return false
      const { subquery } = node.RangeSubselect
      return subquery !== undefined && 'SelectStmt' in subquery && isQuietSelect(subquery.SelectStmt, judge)
    }
    return (
      Object.keys(select).every((key) => QUIET_CLAUSES.has(key)) &&
      select.op === 'SETOP_NONE' &&
      (select.targetList ?? []).every((node) => 'ResTarget' in node && isQuietItem(node.ResTarget.val)) &&
      (select.fromClause ?? []).every(isQuietFrom) &&
      isQuiet(select.whereClause) &&
      isQuiet(select.havingClause) &&
      (select.groupClause ?? []).every(isQuietItem) &&
      (select.sortClause ?? []).every((node) => 'SortBy' in node && isQuietItem(node.SortBy.node)) &&
      (!select.limitCount || limitOf(select) !== undefined)
    )
  }
}

const QUIET_CLAUSES: ReadonlySet<string> = new Set([
  ...['targetList', 'fromClause', 'whereClause', 'havingClause', 'groupClause', 'sortClause', 'limitCount'],
  ...['limitOption', 'op'],
])

/** Whether a SELECT cannot return two rows, whatever it finds. */
function isOneRow(select: SelectStmt): boolean {
  if (!select.fromClause) return true
  return (limitOf(select) ?? 2) <= 1 || (!select.groupClause && looksAtManyRows(select.targetList))
}

/** A literal number of rows; a negative one fails when it is reached. */
function limitOf({ limitCount }: SelectStmt): number | undefined {
  const literal = limitCount && 'A_Const' in limitCount ? limitCount.A_Const.ival : undefined
  const limit = literal && (literal.ival ?? 0)
  return limit !== undefined && limit >= 0 ? limit : undefined
}
