import {
  type AskRead,
  type AskWrite,
  type AuthorizedCall,
  createPairMemory,
  LockstepError,
  type OpenDecision,
  type WriteAction,
} from '@lockstep/core'
import type { CatalogTable } from './catalog.ts'
import { type ScopedRelation, scopeRelation } from './scope-relation.ts'
import { type ScopedWrite, scopeWrite } from './scope-write.ts'

/** What a statement does with a table, as the policy is asked about it. */
export type Access = 'read' | WriteAction

/** What a call may do with a table in one way. */
export type ScopedAccess = ScopedRelation | ScopedWrite

/** Scopes tables to what a call may see and write of them. Each throws what asking throws, and `execution.mapping-invalid`. */
export interface RelationScopes {
  /** What the policy says now. */
  readonly decide: (call: AuthorizedCall, table: CatalogTable, access: Access) => OpenDecision
  readonly read: (call: AuthorizedCall, table: CatalogTable) => ScopedRelation
  /** Throws `execution.statement-unsupported` where nothing is written at all. */
  readonly write: (call: AuthorizedCall, table: CatalogTable, access: WriteAction) => ScopedWrite
}

/**
 * Creates the scopes of one rewriter. The policy is asked every time; what follows from one and the same decision is made once, and goes with
 * the decision.
 */
export function createRelationScopes(askRead: AskRead, askWrite?: AskWrite | undefined): RelationScopes {
  const readable = createPairMemory<OpenDecision, CatalogTable, ScopedRelation>()
  const writable = createPairMemory<OpenDecision, ScopedRelation, Map<WriteAction, ScopedWrite>>()
  const decide = (call: AuthorizedCall, table: CatalogTable, access: Access): OpenDecision => {
    if (access === 'read') return askRead(call, table.entity)
    if (!askWrite) throw new LockstepError('execution.statement-unsupported', 'only SELECT is released here')
    return askWrite(call, table.entity, access)
  }
  const read = (call: AuthorizedCall, table: CatalogTable): ScopedRelation => {
    const decision = decide(call, table, 'read')
    return readable(decision, table, () => scopeRelation(table, decision))
  }
  return {
    decide,
    read,
    write(call, table, access) {
      const decision = decide(call, table, access)
      const relation = read(call, table)
      const known = writable(decision, relation, () => new Map())
      const scoped = known.get(access) ?? scopeWrite(relation, access, decision)
      known.set(access, scoped)
      return scoped
    },
  }
}
