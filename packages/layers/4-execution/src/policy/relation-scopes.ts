import { type AskRead, type AuthorizedCall, createPairMemory, type OpenDecision } from '@lockstep/core'
import type { CatalogTable } from './catalog.ts'
import { type ScopedRelation, scopeRelation } from './scope-relation.ts'

/** Scopes a table to what a call may see of it. Throws what `askRead` throws, and `execution.mapping-invalid`. */
export type RelationScopes = (call: AuthorizedCall, table: CatalogTable) => ScopedRelation

/**
 * Creates the scopes of one rewriter. The policy is asked every time; what follows from one and the same decision is made once, and goes with
 * the decision.
 */
export function createRelationScopes(askRead: AskRead): RelationScopes {
  const remember = createPairMemory<OpenDecision, CatalogTable, ScopedRelation>()
  return (call, table) => {
    const decision = askRead(call, table.entity)
    return remember(decision, table, () => scopeRelation(table, decision))
  }
}
