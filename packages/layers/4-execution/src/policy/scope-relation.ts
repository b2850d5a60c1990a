import { createHash } from 'node:crypto'
import type { Expr, OpenDecision, RelationScope } from '@lockstep/core'
import type { Node, SelectStmt, TypeName } from 'libpg-query'
import type { TableUse } from '../barrier/table-use.ts'
import { typeNameOf } from '../barrier/type-name.ts'
import { cast, choose, column, isTruth, name, parameter, TEXT } from '../statement/ast.ts'
import type { CatalogColumn, CatalogTable } from './catalog.ts'
import { type ClassForm, readForms } from './column-forms.ts'
import { type Bind, translateCondition } from './translate-condition.ts'
import { visibleRow } from './visible-row.ts'

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
  /** Its type as `typeNameOf` writes it. Absent for what was computed, and for types that nothing is known of. */
  readonly type?: string
  /** What its cells are made of. Absent when that is not known, which the barrier takes for anything at all. */
  readonly source?: ColumnSource
}

/** What the cells of a column are made of, for telling on which rows a condition over it could run. */
export type ColumnSource =
  /** The cells of one place where a table is read. */
  | { readonly from: 'table'; readonly use: TableUse }
  /** Any of these expressions, each in a scope of its own. */
  | { readonly from: 'expressions'; readonly of: readonly Node[] }
  /** Any of these columns. */
  | { readonly from: 'columns'; readonly of: readonly ScopedColumn[] }
  /** Rows that all filters below have let through: a condition over it cannot run before them. */
  | { readonly from: 'rows'; readonly of?: ColumnSource | undefined }

/** A column that shows NULL in every row, to whoever names it. */
export interface WithheldColumn {
  readonly name: string
  readonly type: TypeName
}

/** A column of a mapped table. */
export interface ColumnOrigin {
  /** As in the mapping: `schema.table`. */
  readonly relation: string
  readonly column: string
}

/** What stands in a statement for one table: only visible rows, and only visible cells. */
export interface ScopedRelation {
  readonly access: 'read'
  readonly table: CatalogTable
  /** What it was made from. */
  readonly decision: OpenDecision
  /** Its parameters are `$1` to `$n`, the `values`; a statement numbers them on. */
  readonly select: SelectStmt
  /** Under which condition the cells of a column in scope are read plainly; absent for `always`, undefined for `never`. */
  readonly plainWhere: ReadonlyMap<string, Node | undefined>
  /** What the policy compares rows with. */
  readonly values: readonly unknown[]
  /** A digest of all of it but the values and the names of policies: two relations of one shape rewrite a statement alike. */
  readonly shape: string
  /** The condition under which the call may see a row. */
  readonly row: Expr
  /** Whether there is no row that the call may not see. */
  readonly isOpen: boolean
  readonly columns: readonly ScopedColumn[]
  /** Columns that are read in no row, and that a statement may name all the same. */
  readonly withheld: readonly WithheldColumn[]
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
  const plainWhere = new Map<string, Node | undefined>()
  const columns: ScopedColumn[] = []
  const hidden: string[] = []
  const withheld: WithheldColumn[] = []
  for (const item of table.columns) {
    const form = classes.get(item.fieldClass)
    if (!form || form.form === 'hidden') {
      hidden.push(item.name)
      if (item.hiddenAsNull) withheld.push({ name: item.name, type: item.type })
      continue
    }
    const { cell, plain } = cellNode(table, item, form, bind)
    if (form.form !== 'plain') plainWhere.set(item.name, plain)
    const isColumn = 'ColumnRef' in cell
    targetList.push({ ResTarget: isColumn ? { val: cell } : { name: item.name, val: cell } })
    const isKey = table.kind === 'table' && item === table.key.column && form.form === 'plain'
    const origin = form.form === 'plain' ? { origin: { relation: table.id, column: item.name } } : {}
    const type = form.form === 'masked' ? undefined : typeNameOf(item.type)
    const typed = type === undefined ? {} : { type }
    // A NULL where a cell may not be read is a value of its own, if the mapping says so.
    const seen = form.form === 'partial' && item.partialAsNull ? 'plain' : form.form
    columns.push({ name: item.name, form: seen, ...(isKey ? { key: true } : {}), ...origin, ...typed })
  }
  const select: SelectStmt = {
    // protobuf leaves out an empty list
    ...(targetList.length > 0 ? { targetList } : {}),
    fromClause: [sourceOf(table)],
    whereClause: visibleRow(row, table, bind),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  }
  return {
    access: 'read',
    table,
    decision,
    select,
    plainWhere,
    values,
    // INVARIANT: it covers everything that resolving a statement looks at.
    shape: createHash('sha256')
      .update(JSON.stringify([table.id, select, columns, withheld]))
      .digest('base64'),
    row,
    isOpen: isTruth(select.whereClause, true),
    columns,
    withheld,
    scope: {
      relation: table.id,
      entity: table.entity,
      policies: decision.policies,
      hiddenColumns: hidden,
      maskedColumns: columns.filter(({ form }) => form !== 'plain').map(({ name }) => name),
    },
  }
}

/** Where the rows come from. A call of a function stands without its arguments, which are the statement's. */
function sourceOf({ schema, name: relname, kind }: CatalogTable): Node {
  if (kind !== 'function') return { RangeVar: { schemaname: schema, relname, inh: true, relpersistence: 'p' } }
  const call: Node = { FuncCall: { funcname: [name(schema), name(relname)], funcformat: 'COERCE_EXPLICIT_CALL' } }
  // the grammar leaves a place for what its columns are, which the database knows
  const items = [call, {} as Node]
  return { RangeFunction: { functions: [{ List: { items } }], alias: { aliasname: relname } } }
}

/** What stands for a cell, and under which condition that is the cell itself. */
function cellNode(
  table: CatalogTable,
  item: CatalogColumn,
  form: ClassForm,
  bind: Bind,
): { readonly cell: Node; readonly plain?: Node | undefined } {
  const cell = column(table.name, item.name)
  if (form.form === 'plain' || form.form === 'hidden') return { cell }
  const plain = form.plain && translateCondition(form.plain, table, bind)
  // a mask that is a text makes the whole column one
  const asText = form.form === 'masked' && item.mask.isText
  const whens: [Node, Node][] = plain ? [[plain, asText ? cast(cell, TEXT) : cell]] : []
  if (form.form === 'partial') return { cell: choose(whens), plain }
  const masked = item.mask.node(cell, bind)
  if (form.masked) whens.push([translateCondition(form.masked, table, bind), masked])
  else if (whens.length === 0) return { cell: masked }
  return { cell: choose(whens, form.masked ? undefined : masked), plain }
}
