import { LockstepError } from '@lockstep/core'
import type { TableUse } from '../barrier/table-use.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { nameWithheld } from './name-withheld.ts'

/** What a name before a dot can mean: one relation of a FROM clause. */
export interface RangeEntry {
  /** Absent for a derived table without an alias: it can only be reached by bare column names. */
  readonly name: string | undefined
  /** Set while the relation can also be named with its schema. */
  readonly schema?: string
  readonly columns: readonly ScopedColumn[]
  /** Set for a table that is read right here. */
  readonly use?: TableUse
  /** Set on a table whose alias gives its columns other names. */
  readonly isRenamed?: boolean
}

/** One item of a FROM clause: what can be qualified, and what `*` and bare names see. */
export interface FromItem {
  readonly entries: readonly RangeEntry[]
  readonly columns: readonly ScopedColumn[]
}

/** The names that an expression can see: its own level of the statement, then the levels around it. */
export interface Scope extends FromItem {
  readonly outer: Scope | undefined
  /** Set where only rows that this level's filters have let through are looked at: in what is selected, grouped or ordered by. */
  readonly isAfterFilters?: true
}

/** A CTE's columns by name; inner WITH clauses hide outer ones. */
export type VisibleCtes = ReadonlyMap<string, readonly ScopedColumn[]>

/** Stands for the columns of a CTE that is named before it is known. Told apart by identity. */
export const UNREADY: readonly ScopedColumn[] = []

export const NO_ITEM: FromItem = { entries: [], columns: [] }

/**
 * Puts two FROM items side by side. Throws `execution.statement-unsupported` when they share a name: once tables are derived
 * tables, their schema no longer tells them apart.
 */
export function beside(left: FromItem, right: FromItem): FromItem {
  for (const { name } of right.entries) {
    if (name !== undefined && left.entries.some((entry) => entry.name === name)) {
      throw new LockstepError('execution.statement-unsupported', 'two relations of one FROM clause have the same name')
    }
  }
  return { entries: [...left.entries, ...right.entries], columns: [...left.columns, ...right.columns] }
}

/**
 * Finds the one column that a bare name means, at the nearest level that has it. Throws `execution.column-unknown` when
 * there is none (a relation's own name is no column: whole rows stay where they are) or when it is ambiguous.
 */
export function findColumn(scope: Scope | undefined, name: string): ScopedColumn {
  for (let level = scope; level; level = level.outer) {
    const found = level.columns.filter((column) => column.name === name)
    if (found.length > 1) throw unknown()
    if (found[0]) return found[0]
    const withheld = level.entries.filter(({ use }) => use?.withheld.some((column) => column.name === name))
    const [only, ...others] = withheld
      .map((entry) => nameWithheld(entry, name))
      .filter((column) => column !== undefined)
    if (others.length > 0) throw unknown()
    if (only) return only
  }
  throw unknown()
}

/** Finds the relation that a qualifier means. Throws `execution.relation-unknown`. */
export function findEntry(scope: Scope | undefined, name: string, schema?: string): RangeEntry {
  for (let level = scope; level; level = level.outer) {
    const found = level.entries.find(
      (entry) => entry.name === name && (schema === undefined || entry.schema === schema),
    )
    if (found) return found
  }
  throw new LockstepError('execution.relation-unknown')
}

/** Finds the one column of a relation with that name. Throws `execution.column-unknown`: `o.to_jsonb` is not a column. */
export function columnOf(entry: RangeEntry, name: string): ScopedColumn {
  const found = entry.columns.filter((column) => column.name === name)
  const only = found.length === 0 ? nameWithheld(entry, name) : found[0]
  if (found.length > 1 || !only) throw unknown()
  return only
}

function unknown(): LockstepError {
  return new LockstepError('execution.column-unknown')
}
