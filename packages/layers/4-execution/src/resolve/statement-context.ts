import type { WriteAction } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import type { BarrierNotes } from '../barrier/notes.ts'
import type { CatalogTable } from '../policy/catalog.ts'
import type { ScopedColumn, ScopedRelation } from '../policy/scope-relation.ts'
import type { ScopedWrite } from '../policy/scope-write.ts'
import type { WriteStatement } from '../statement/statement.ts'
import type { Scope, VisibleCtes } from './scope.ts'

/** What the resolver needs to know about the outside while it walks one statement. */
export interface StatementContext {
  /** The mapped table or view that a name means, scoped for this call, and ready to stand in one place of the statement. Throws `execution.relation-unknown`. */
  readonly relation: (schema: string | undefined, name: string) => ScopedRelation
  /** The mapped function that a name means, scoped for this call; `undefined` for any other name. */
  readonly mappedFunction: (schema: string | undefined, name: string) => ScopedRelation | undefined
  /** What the call may write of a table, its parameters numbered in the statement. */
  readonly write: (table: CatalogTable, access: WriteAction) => ScopedWrite
  /** A configured function by its name as called, and the qualified name that is printed. */
  readonly configuredFunction: (schema: string | undefined, name: string) => readonly [string, string] | undefined
  /** Relations that the walk has dealt with: derived tables that it built, and references to CTEs in scope. */
  readonly settled: WeakSet<object>
  /** What is noted down for the barrier. */
  readonly notes: BarrierNotes
  /** Resolves a SELECT inside the statement; handed in because the grammar is recursive and imports are not. */
  readonly resolveSelect: ResolveSelect
  /** The same for a statement that writes. */
  readonly resolveWrite: ResolveWrite
  /** What is left to do with each write once the barrier stands, in the order in which they were resolved. */
  readonly pending: (() => void)[]
  /** Tables into which the statement inserts, and whose rows it reads nevertheless. */
  readonly readBack: Set<CatalogTable>
}

/** Resolves a statement that writes, in place. Returns the columns that it returns. */
export type ResolveWrite = (statement: WriteStatement, around: SelectPlace) => readonly ScopedColumn[]

/**
 * @param behindLeft gives the CTEs that the second half of a set operation sees, from the columns of the first
 */
export type ResolveSelect = (
  select: SelectStmt,
  around: SelectPlace,
  behindLeft?: (left: readonly ScopedColumn[], ctes: VisibleCtes) => VisibleCtes,
) => readonly ScopedColumn[]

/** Where a SELECT stands. */
export interface SelectPlace {
  /** What it can see of the levels around it. */
  readonly outer: Scope | undefined
  readonly ctes: VisibleCtes
  readonly context: StatementContext
  /** Set at the top of a statement, whose WITH may hold statements that write. */
  readonly isTop?: true | undefined
}

/** Where an expression stands. */
export interface Place {
  readonly scope: Scope | undefined
  readonly ctes: VisibleCtes
  readonly context: StatementContext
}
