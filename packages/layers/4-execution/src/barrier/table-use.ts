import type { Barrier } from '@lockstep/core'
import type { Node, SelectStmt } from 'libpg-query'
import type { WithheldColumn } from '../policy/scope-relation.ts'

/** One place of a statement where a mapped table is read. */
export interface TableUse {
  /** The derived table that stands there, inside the statement's tree; of a table that is written, one that stands nowhere. */
  readonly select: SelectStmt
  /** Set for a table that is written: the one name by which everything in its statement reaches it. */
  readonly writtenAs?: string | undefined
  /** The relation, as the mapping names it. */
  readonly relation: string
  /** The table's own name, which qualifies columns inside the derived table. */
  readonly table: string
  /** Whether the call may see every row, so that there is nothing to protect. */
  readonly isOpen: boolean
  /**
   * Whether its cells are stored, so that reading one computes nothing. A cell of a view may be made by an expression that fails, or tells, for a
   * hidden row.
   */
  readonly isStored: boolean
  /** Whether an outer join can put NULLs in the place of a row, which a condition copied inside the derived table would miss. */
  isNullable: boolean
  /** Cleared where another column of the derived table would show: under the alias of a join, or a `*` that cannot be spelled out. */
  canExport: boolean
  /** Decided: no condition from outside may run before the filter. */
  isFenced: boolean
  /** Decided: the derived table tells by a column whether its filter holds. */
  isExporting: boolean
  /** Columns that the derived table shows as NULL once a statement names them. */
  readonly withheld: readonly WithheldColumn[]
  /** Those that were named. */
  readonly named: Set<string>
  /** Columns that the statement names. The derived table shows these, unless `isComplete`. */
  readonly asked: Set<string>
  /** Whether it shows all its columns: `*`, a row as a whole, and names that an alias gives by position stand for each of them. */
  isComplete: boolean
  /** Whether a row of it is used as a whole, so that it may show no further column. */
  isWhole: boolean
  /** Conditions that run inside the fence. */
  readonly inside: Node[]
}

/** Puts a use behind a fence, unless nothing of it is hidden. */
export function keepBehindFence(use: TableUse): void {
  if (!use.isOpen) use.isFenced = true
}

/** The strongest barrier at the places where a statement reads a relation. */
export function strongestBarrier(uses: readonly TableUse[], relation: string): Barrier {
  const its = uses.filter((use) => use.relation === relation)
  if (its.some(({ isFenced }) => isFenced)) return 'fence'
  return its.some(({ isExporting }) => isExporting) ? 'guard' : 'none'
}
