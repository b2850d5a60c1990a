import { LockstepError } from '@lockstep/core'
import { eachMember, isTree } from '../statement/tree.ts'
import type { StatementContext } from './statement-context.ts'

/**
 * Looks at a rewritten tree once more, independently of how it was resolved: every table name in it stands inside a derived
 * table that Lockstep built, or is a reference to a CTE that was in scope. Throws `execution.relation-unknown`.
 */
export function checkSettled(tree: unknown, settled: StatementContext['settled']): void {
  if (!isTree(tree)) return
  eachMember(tree, (key, value) => {
    if (!isTree(value)) return
    // INVARIANT: what Lockstep built is not searched, and it was added by identity, so no text can pass for it.
    if (key === 'SelectStmt' && settled.has(value)) return
    if ((key === 'RangeVar' || key === 'relation') && !settled.has(value))
      throw new LockstepError('execution.relation-unknown')
    checkSettled(value, settled)
  })
}
