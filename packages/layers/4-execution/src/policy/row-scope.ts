import { type Expr, LockstepError, type Value } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import { cast, column } from '../statement/ast.ts'
import { type AttributeKind, type ScalarKind, storedValue } from './attribute-kind.ts'
import type { AttributeColumn, CatalogTable, MemberView } from './catalog.ts'
import { cellOf, exists, where } from './policy-look.ts'

/** Binds one value and returns the parameter that stands for it. */
export type Bind = (value: unknown) => Node

/** A row whose columns a condition may name: its table, and what qualifies its columns. */
export interface Place {
  readonly table: CatalogTable
  readonly qualifier: string
}

/** What a condition on one row is translated with. */
export interface RowScope {
  /** The rows in scope, by the path that leads to them: that of the resource, and those that were joined. */
  readonly places: ReadonlyMap<string, Place>
  readonly bind: Bind
  /** The columns of the resource's row that were read, whose cells must be values of their attributes. */
  readonly read: Map<string, AttributeColumn>
  /** A name that no other look has. */
  readonly alias: () => string
  /** What stands for a value that a question will bring. */
  readonly later: ReadLater
}

/** The unknown that stands for a value which a question will bring, where a policy is looked at without one. */
export const LATER = 'later'

/** How a value that a question will bring is read:
 * - `truth`: as a boolean;
 * - `values`: as an array of what cells of this kind can hold of it, a value that is no set being the only one;
 * - `ancestors`: the same of an entity and everything that it is in;
 * - `every`: whether cells of this kind can hold all of it;
 * - `value`: as the one value that is ordered.
 *
 * INVARIANT: a value whose evaluation fails is NULL in each of them.
 */
export type LaterForm =
  | { readonly as: 'truth' }
  | { readonly as: 'values' | 'ancestors' | 'every' | 'value'; readonly kind: ScalarKind; readonly type: TypeName }

/** Makes what stands for a value that a question will bring, by the name of its unknown. */
export type ReadLater = (name: string, form: LaterForm) => Node

/** The name of an unknown that stands for a value which a question will bring; `undefined` for every other. */
export function laterName(expr: Expr): string | undefined {
  return expr.op === 'unknown' && (expr.name === LATER || expr.name.startsWith(`${LATER} `)) ? expr.name : undefined
}

/** What a comparison can have on either side. */
export type Operand =
  | { readonly at: 'cell'; readonly kind: ScalarKind; readonly node: Node; readonly type: TypeName }
  | { readonly at: 'array'; readonly kind: ScalarKind; readonly node: Node; readonly type: TypeName }
  /** The members that a view tells; `found` where the entity itself might not be there. */
  | { readonly at: 'view'; readonly view: MemberView; readonly key: Node; readonly found?: Node | undefined }
  | { readonly at: 'items'; readonly items: readonly Expr[] }
  | { readonly at: 'value'; readonly value: Value }
  | { readonly at: 'later'; readonly name: string; readonly withAncestors?: true }

/** The path that an expression is, as a key: `resource`, then each attribute. `undefined` for anything else. */
export function pathOf(expr: Expr): string | undefined {
  if (expr.op === 'unknown') return expr.name === 'resource' ? 'resource' : undefined
  const of = expr.op === 'get' ? pathOf(expr.of) : undefined
  return of === undefined || expr.op !== 'get' ? undefined : `${of}.${JSON.stringify(expr.attribute)}`
}

/** The row that a path leads to, as far as it is in scope. */
export function placeOf(expr: Expr, scope: RowScope): Place | undefined {
  const path = pathOf(expr)
  return path === undefined ? undefined : scope.places.get(path)
}

/** Reads one side of a comparison. Throws `execution.mapping-invalid` for what no column holds. */
export function operandOf(expr: Expr, scope: RowScope): Operand {
  switch (expr.op) {
    case 'value':
      return { at: 'value', value: expr.value }
    case 'set':
      return { at: 'items', items: expr.items }
    case 'unknown': {
      const name = laterName(expr)
      if (name !== undefined) return { at: 'later', name }
      break
    }
    case 'get':
      return attributeOf(expr, scope)
    case 'call':
      throw inexact(expr.name)
  }
  const place = placeOf(expr, scope)
  if (!place) throw inexact(expr.op)
  const { column: key, kind, type } = place.table.key
  return { at: 'cell', kind: scalar(kind), node: column(place.qualifier, key.name), type }
}

function attributeOf(expr: Expr & { readonly op: 'get' }, scope: RowScope): Operand {
  const place = placeOf(expr.of, scope)
  if (place) {
    const { table, qualifier } = place
    const view = table.members.get(expr.attribute)
    if (view) return { at: 'view', view, key: column(qualifier, table.key.column.name) }
    const isOwn = scope.places.get('resource') === place
    const attribute = isOwn ? attributeColumn(table, expr.attribute) : certainColumn(table, expr.attribute)
    if (isOwn) scope.read.set(attribute.column.name, attribute)
    return operand(attribute, column(qualifier, attribute.column.name))
  }
  const { table, id, alias } = lookAt(expr.of, scope)
  const isIt = where(alias, table.key.column.name, id)
  const view = table.members.get(expr.attribute)
  if (view) return { at: 'view', view, key: id, found: exists(table, alias, isIt) }
  const attribute = certainColumn(table, expr.attribute)
  return operand(attribute, cellOf(table, alias, attribute.column.name, isIt))
}

/** The table that an entity is a row of which another row refers to, and the reference. */
export function lookAt(expr: Expr, scope: RowScope): { table: CatalogTable; id: Node; alias: string } {
  const of = operandOf(expr, scope)
  if (of.at !== 'cell' || of.kind.is !== 'entity') throw inexact(expr.op)
  const table = rootTable(scope).referenced(of.kind.entity)
  if (!table) throw inexact(`no table is \`${of.kind.entity}\``)
  if (table.key.kind.is !== 'entity' || table.key.kind.ids !== of.kind.ids) {
    throw inexact(`the key of \`${table.id}\` has another type than the reference`)
  }
  return { table, id: of.node, alias: scope.alias() }
}

/** An attribute of another row: its column must be of a type of which every cell is a value (no `NaN`, no NULL in an array). */
function certainColumn(table: CatalogTable, name: string): AttributeColumn {
  const attribute = attributeColumn(table, name)
  if (!isCertain(attribute.kind)) throw inexact(`\`${table.id}.${attribute.column.name}\` is read through a reference`)
  return attribute
}

/** Whether every cell of a column of this kind that is not NULL is a value. */
export function isCertain(kind: AttributeKind): boolean {
  return kind.is !== 'set' && kind.is !== 'decimal' && kind.is !== 'datetime'
}

/** The column of an attribute. */
export function attributeColumn(table: CatalogTable, name: string): AttributeColumn {
  const attribute = table.attributes.get(name)
  if (!attribute) throw inexact(`\`${table.id}\` has no column for the attribute \`${name}\``)
  return attribute
}

function operand({ kind, type }: AttributeColumn, node: Node): Operand {
  if (kind.is === 'set') return { at: 'array', kind: kind.of, node, type }
  return { at: 'cell', kind, node, type }
}

function rootTable(scope: RowScope): CatalogTable {
  const root = scope.places.get('resource')
  if (!root) throw inexact('unknown')
  return root.table
}

function scalar(kind: AttributeKind): ScalarKind {
  if (kind.is === 'set') throw inexact('set')
  return kind
}

/** The parameter for a value beside a cell; `undefined` when no cell can equal it. */
export function constant(
  { kind, type }: { readonly kind: ScalarKind; readonly type: TypeName },
  operand: Operand,
  bind: Bind,
): Node | undefined {
  const stored = operand.at === 'value' ? storedValue(kind, operand.value) : undefined
  return stored === undefined ? undefined : cast(bind(stored), type)
}

/** Whether cells of two kinds are compared as Cedar compares them: `undefined` when no two of them are equal. */
export function comparable(a: ScalarKind, b: ScalarKind): true | undefined {
  if (a.is !== b.is) return undefined
  if (a.is !== 'entity' || b.is !== 'entity') return true
  if (a.entity !== b.entity) return undefined
  if (a.ids !== b.ids) throw inexact('equal')
  return true
}

/** The refusal of what has no exact form. */
export function inexact(what: string): LockstepError {
  return new LockstepError(
    'execution.mapping-invalid',
    `a read policy uses ${/\s/.test(what) ? `what cannot be asked of rows (${what})` : `\`${what}\``} in a way that has no exact SQL form`,
  )
}
