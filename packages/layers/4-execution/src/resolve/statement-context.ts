import type { RangeVar, SelectStmt } from 'libpg-query'
import type { BarrierNotes } from '../barrier/notes.ts'
import type { ScopedColumn, ScopedRelation } from '../policy/scope-relation.ts'
import type { Scope, VisibleCtes } from './scope.ts'

/** What the resolver needs to know about the outside while it walks one statement. */
export interface StatementContext {
  /** The mapped table or view that a name means, scoped for this call, and ready to stand in one place of the statement. Throws `execution.relation-unknown`. */
  readonly relation: (schema: string | undefined, name: string) => ScopedRelation
  /** The mapped function that a name means, scoped for this call; `undefined` for any other name. */
  readonly mappedFunction: (schema: string | undefined, name: string) => ScopedRelation | undefined
  /** A configured function by its name as called, and the qualified name that is printed. */
  readonly configuredFunction: (schema: string | undefined, name: string) => readonly [string, string] | undefined
  /** Relations that the walk has dealt with: derived tables that it built, and references to CTEs in scope. */
  readonly settled: WeakSet<SelectStmt | RangeVar>
  /** What is noted down for the barrier. */
  readonly notes: BarrierNotes
  /** Resolves a SELECT inside the statement; handed in because the grammar is recursive and imports are not. */
  readonly resolveSelect: ResolveSelect
}

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
}

/** Where an expression stands. */
export interface Place {
  readonly scope: Scope | undefined
  readonly ctes: VisibleCtes
  readonly context: StatementContext
}
