import { LockstepError } from '@lockstep/core'
import type { CatalogTable } from '../policy/catalog.ts'
import type { Access, ScopedAccess } from '../policy/relation-scopes.ts'
import type { KnownStep, StatementPlan } from './statement-memory.ts'

/**
 * Follows what is known of a text, asking what the call may do with each of its tables as it goes.
 *
 * @returns `undefined` where a table has a shape that the text was not yet rewritten for. Throws the refusal that it leads to, anew
 */
export function followStatement(
  known: KnownStep | undefined,
  scopeOf: (table: CatalogTable, access: Access) => ScopedAccess,
): StatementPlan | undefined {
  let step = known
  while (step?.table) step = step.next.get(scopeOf(step.table, step.access).shape)
  if (!step) return undefined
  if (step.plan) return step.plan
  throw new LockstepError(step.refused.code, step.refused.detail)
}
