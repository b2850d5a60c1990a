import type { ColumnRef, Node, ResTarget, SelectStmt } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import type { Scope } from '../resolve/scope.ts'
import type { TableUse } from './table-use.ts'

/** A condition that decides which rows of FROM go on, at one level of a statement. */
export interface Condition {
  /** `full` for the ON of a full join. */
  readonly at: 'where' | 'on' | 'full' | 'having'
  readonly clause: Node
  readonly replace: (clause: Node) => void
  /** What it can name. */
  readonly scope: Scope
}

/** A sub-query inside an expression. */
export interface SubQuery {
  readonly columns: readonly ScopedColumn[]
  /** The tables that are read inside it, at any depth. */
  readonly uses: readonly TableUse[]
}

/** A `*` in a select list. */
export interface Star {
  readonly select: SelectStmt
  readonly target: ResTarget
  /** What it stands for, spelled out; absent where names are ambiguous. */
  readonly columns: readonly Node[] | undefined
  readonly scope: Scope
}

/** What the resolver notes down of a statement for whoever puts up the barrier. */
export interface BarrierNotes {
  readonly uses: TableUse[]
  readonly conditions: Condition[]
  /** Columns of both sides that a join compares by name. */
  readonly merged: (readonly [ScopedColumn, ScopedColumn])[]
  /** What each column reference in an expression means. */
  readonly meanings: Map<ColumnRef, ScopedColumn>
  /** References to a relation as a whole. */
  readonly wholeRows: Set<ColumnRef>
  readonly subQueries: Map<SelectStmt, SubQuery>
  readonly stars: Star[]
  /** What functions of the mapping are called with: their bodies may run on it before any filter. */
  readonly callArguments: Node[]
}

/** Notes of a statement that is about to be resolved. */
export function emptyNotes(): BarrierNotes {
  return {
    uses: [],
    conditions: [],
    merged: [],
    meanings: new Map(),
    wholeRows: new Set(),
    subQueries: new Map(),
    stars: [],
    callArguments: [],
  }
}
