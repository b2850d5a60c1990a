import { createHash } from 'node:crypto'
import type { Expr, OpenDecision, RelationScope } from '@lockstep/core'
import type { Node, SelectStmt } from 'libpg-query'
import { cast, choose, column, parameter, TEXT } from '../statement/ast.ts'
import { fence } from './barrier.ts'
import type { CatalogColumn, CatalogTable } from './catalog.ts'
import { type ClassForm, readForms } from './column-forms.ts'
import { maskNode, NO_PRESENTATION } from './mask.ts'
import { type Bind, translateCondition } from './translate-condition.ts'

/** How the cells of a column in scope are seen: as they are, as a mask, or NULL in some rows. */
export type CellForm = 'plain' | 'masked' | 'partial'

/** A column in scope. */
export interface ScopedColumn {
  readonly name: string
  readonly form: CellForm
  /** Set on a table's own key, as long as its rows stand for themselves. */
  readonly key?: true
  /** The column of a mapped table whose cells these are, unchanged. Absent for what was computed. */
  readonly origin?: ColumnOrigin
}

/** A column of a mapped table. */
export interface ColumnOrigin {
  /** As in the mapping: `schema.table`. */
  readonly relation: string
  readonly column: string
}

/** What stands in a statement for one table: only visible rows, and only visible cells. */
export interface ScopedRelation {
  /** Its parameters are `$1` to `$n`, the `values`; a statement numbers them on. */
  readonly select: SelectStmt
  /** What the policy compares rows with. */
  readonly values: readonly unknown[]
  /** A digest of all of it but the values and the names of policies: two relations of one shape rewrite a statement alike. */
  readonly shape: string
  /** The condition under which the call may see a row. */
  readonly row: Expr
  readonly columns: readonly ScopedColumn[]
  readonly scope: RelationScope
}

/**
 * Builds the derived table that replaces one table under one decision. Cells that may not be read are NULL or masked here, at
 * their source, and columns that may never be read are absent: what the outer statement does cannot reach them.
 */
export function scopeRelation(table: CatalogTable, decision: OpenDecision): ScopedRelation {
  const values: unknown[] = []
  const bind: Bind = (value) => parameter(values.push(value))
  const { row, classes } = readForms(decision, table.entity, new Set(table.columns.map((item) => item.fieldClass)))
  const targetList: Node[] = []
  const columns: ScopedColumn[] = []
  const hidden: string[] = []
  for (const item of table.columns) {
    const form = classes.get(item.fieldClass)
    if (!form || form.form === 'hidden') {
      hidden.push(item.name)
      continue
    }
    const cell = cellNode(table, item, form, bind)
    const isColumn = 'ColumnRef' in cell
    targetList.push({ ResTarget: isColumn ? { val: cell } : { name: item.name, val: cell } })
    const isKey = item === table.key.column && form.form === 'plain'
    const origin = form.form === 'plain' ? { origin: { relation: table.id, column: item.name } } : {}
    columns.push({ name: item.name, form: form.form, ...(isKey ? { key: true } : {}), ...origin })
  }
  const select: SelectStmt = {
    // protobuf leaves out an empty list
    ...(targetList.length > 0 ? { targetList } : {}),
    fromClause: [{ RangeVar: { schemaname: table.schema, relname: table.name, inh: true, relpersistence: 'p' } }],
    whereClause: translateCondition(row, table, bind),
    op: 'SETOP_NONE',
  }
  const fenced = fence(select)
  return {
    select: fenced,
    values,
    // INVARIANT: it covers everything that resolving a statement looks at.
    shape: createHash('sha256')
      .update(JSON.stringify([table.id, fenced, columns]))
      .digest('base64'),
    row,
    columns,
    scope: {
      relation: table.id,
      entity: table.entity,
      policies: decision.policies,
      hiddenColumns: hidden,
      maskedColumns: columns.filter(({ form }) => form !== 'plain').map(({ name }) => name),
    },
  }
}

function cellNode(table: CatalogTable, item: CatalogColumn, form: ClassForm, bind: Bind): Node {
  const cell = column(table.name, item.name)
  if (form.form === 'plain' || form.form === 'hidden') return cell
  const mask = item.mapping.mask ?? NO_PRESENTATION
  const whens: [Node, Node][] = []
  if (form.plain) {
    // a mask that is a text makes the whole column one
    const plain = form.form === 'masked' && mask.kind !== 'null' ? cast(cell, TEXT) : cell
    whens.push([translateCondition(form.plain, table, bind), plain])
  }
  if (form.form === 'partial') return choose(whens)
  const masked = maskNode(mask, cell, item.type)
  if (form.masked) whens.push([translateCondition(form.masked, table, bind), masked])
  else if (whens.length === 0) return masked
  return choose(whens, form.masked ? undefined : masked)
}
