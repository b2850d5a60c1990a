import { LockstepError } from '@lockstep/core'
import { eachMember, isTree } from '../statement/tree.ts'

/** Rows inside rows: each level doubles the quotes of the level below in what PostgreSQL writes, so that 30 levels are a gigabyte. */
const MOST_ROWS = 8

/** Refuses constructed rows that stand in one another more than eight deep. Throws `execution.statement-unsupported`. */
export function checkRows(tree: unknown, depth = 0): void {
  if (!isTree(tree)) return
  if (depth > MOST_ROWS) {
    throw new LockstepError('execution.statement-unsupported', `rows stand in one another more than ${MOST_ROWS} deep`)
  }
  eachMember(tree, (key, value) => checkRows(value, key === 'RowExpr' ? depth + 1 : depth))
}
