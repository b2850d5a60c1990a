import { LockstepError } from '@lockstep/core'
import type { CatalogTable } from '../policy/catalog.ts'
import type { ScopedRelation } from '../policy/scope-relation.ts'
import type { KnownStep, StatementPlan } from './statement-memory.ts'

/**
 * Follows what is known of a text, asking what the call may see of each of its tables as it goes.
 *
 * @returns `undefined` where a table has a shape that the text was not yet rewritten for. Throws the refusal that it leads to, anew
 */
export function followStatement(
  known: KnownStep | undefined,
  scopeOf: (table: CatalogTable) => ScopedRelation,
): StatementPlan | undefined {
  let step = known
  while (step?.table) step = step.next.get(scopeOf(step.table).shape)
  if (!step) return undefined
  if (step.plan) return step.plan
  throw new LockstepError(step.refused.code, step.refused.detail)
}
