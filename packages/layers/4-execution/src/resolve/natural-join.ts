import type { JoinExpr } from 'libpg-query'
import { name, truth } from '../statement/ast.ts'
import type { FromItem } from './scope.ts'

/**
 * Spells a NATURAL JOIN out as the join it is over the columns that are in scope, in place: columns that are not take no part.
 * Without a common column it is a cross join, or an outer join of everything with everything.
 */
export function spellNatural(join: JoinExpr, left: FromItem, right: FromItem): void {
  Reflect.deleteProperty(join, 'isNatural')
  const onRight = new Set(right.columns.map((column) => column.name))
  const common = new Set(left.columns.map((column) => column.name).filter((text) => onRight.has(text)))
  if (common.size > 0) join.usingClause = [...common].map(name)
  else if (join.jointype !== 'JOIN_INNER') join.quals = truth(true)
}
