import type { SelectStmt } from 'libpg-query'
import { integer } from '../statement/ast.ts'

/**
 * Puts up a fence, in place: no condition from outside a SELECT with `OFFSET` runs inside it. A plain derived table is no
 * barrier, because the planner may run a cheap leaky condition before a costlier filter.
 */
export function fence(filtered: SelectStmt): void {
  Object.assign(filtered, { limitOffset: integer(0), limitOption: 'LIMIT_OPTION_COUNT' })
}
