import type { SelectStmt } from 'libpg-query'
import { integer } from '../statement/ast.ts'

/**
 * Keeps conditions of the statement from running on rows that the filter hides. A plain derived table is no barrier: the
 * planner may push a cheap leaky condition below the filter. `OFFSET 0` stops that in every case; where every condition is
 * leakproof a cheaper choice is possible, and belongs here.
 */
export function fence(filtered: SelectStmt): SelectStmt {
  return { ...filtered, limitOffset: integer(0), limitOption: 'LIMIT_OPTION_COUNT' }
}
