import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  isLiteral,
  type OpenDecision,
  type RelationScope,
  ROW_CLASS,
  substitute,
  type WriteAction,
} from '@lockstep/core'
import type { Node } from 'libpg-query'
import { parameter, truth } from '../statement/ast.ts'
import type { CatalogTable } from './catalog.ts'
import type { ScopedRelation } from './scope-relation.ts'
import { type Bind, translateCondition } from './translate-condition.ts'

/** What a call may write of one table in one way. */
export interface ScopedWrite {
  readonly access: WriteAction
  readonly table: CatalogTable
  /** What it was made from. */
  readonly decision: OpenDecision
  /**
   * The condition on a row, over columns of the table by its own name. Its parameters are `$1` to `$n`, the `values`. Absent where it is the
   * one under which the row is seen.
   */
  readonly row: Node | undefined
  /** What a column of each field class demands of a row beside that. A class whose columns are written in no row is absent. */
  readonly classes: ReadonlyMap<string, Node>
  /** What the policy compares rows with. */
  readonly values: readonly unknown[]
  /** A digest of all of it but the values and the names of policies. */
  readonly shape: string
  readonly scope: RelationScope
}

/**
 * Translates one decision on writing into the conditions that a row must meet. Throws `execution.mapping-invalid`.
 *
 * @param read what the call may see of the table
 */
export function scopeWrite(
  { table, row: visible }: ScopedRelation,
  access: WriteAction,
  decision: OpenDecision,
): ScopedWrite {
  const values: unknown[] = []
  const bind: Bind = (value) => parameter(values.push(value))
  const known = { types: { resource: table.entity } }
  const ask = (field: string) =>
    substitute(decision.condition, { 'context.field': field, 'context.form': 'plain' }, known)
  const asked = ask(ROW_CLASS)
  const row = isDeepStrictEqual(asked, visible) ? undefined : translateCondition(asked, table, bind)
  const classes = new Map<string, Node>()
  for (const fieldClass of new Set(table.columns.map((item) => item.fieldClass))) {
    const cells = ask(fieldClass)
    if (isLiteral(asked, false) || isLiteral(cells, false)) continue
    classes.set(fieldClass, fieldClass === ROW_CLASS ? truth(true) : translateCondition(cells, table, bind))
  }
  const isWritable = (fieldClass: string): boolean => classes.has(fieldClass)
  return {
    access,
    table,
    decision,
    row,
    classes,
    values,
    // INVARIANT: it covers everything that resolving a statement looks at.
    shape: createHash('sha256')
      .update(JSON.stringify([table.id, access, row ?? null, [...classes]]))
      .digest('base64'),
    scope: {
      relation: table.id,
      entity: table.entity,
      action: access,
      policies: decision.policies,
      hiddenColumns: table.columns.filter((item) => !isWritable(item.fieldClass)).map(({ name }) => name),
      maskedColumns: [],
    },
  }
}
