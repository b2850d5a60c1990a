import type { Expr, Value } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import { arrayOf, BIGINT, cast, choose, column, combine, equalsAny, operation, TEXT, truth } from '../statement/ast.ts'
import { type ScalarKind, storedValue } from './attribute-kind.ts'
import { cellsOf, exists, where } from './policy-look.ts'
import { comparable, constant, inexact, LATER, laterName, type Operand, operandOf, type RowScope } from './row-scope.ts'

/** A cell, or a set in SQL: PostgreSQL's array, whose `@>`, `<@` and `&&` know no third truth and no repetition. */
interface ArrayNode {
  readonly kind: ScalarKind
  readonly node: Node
  readonly type: TypeName
}

/** `set.contains(item)` */
export function contains(set: Operand, item: Operand, scope: RowScope): Node {
  switch (set.at) {
    case 'value':
    case 'later': {
      if (item.at !== 'cell') throw inexact('contains')
      return equalsAny(item.node, boundArray(item, set, scope))
    }
    case 'items':
      return anyOf(set.items.map((one) => equalOperands(operandOf(one, scope), item, scope)))
    case 'view': {
      const { view, key } = set
      const alias = scope.alias()
      const isMember = equalsCell({ ...view, node: column(alias, view.column) }, item, scope)
      if (!isMember) return truth(false)
      return ifFound(set, exists(view, alias, where(alias, view.key, key, isMember)))
    }
    case 'array': {
      // of a value that no member can hold there is none to overlap with
      if (item.at === 'later') return arrays(set.node, '&&', boundArray(set, item, scope))
      const member = scalarNode(set, item, scope)
      return member ? equalsAny(member, set.node) : truth(false)
    }
    case 'cell':
      throw inexact('contains')
  }
}

/** `outer.containsAll(inner)` */
export function containsAll(outer: Operand, inner: Operand, scope: RowScope): Node {
  if (inner.at === 'items') {
    return allOf(inner.items.map((item) => contains(outer, operandOf(item, scope), scope)))
  }
  if (isBound(outer)) {
    const array = arrayNode(inner, scope)
    return ifFound(inner, arrays(array.node, '<@', boundArray(array, outer, scope)))
  }
  const array = arrayNode(outer, scope)
  if (isBound(inner)) {
    if (inner.at === 'later') {
      const every = scope.later(inner.name, { as: 'every', kind: array.kind, type: array.type })
      return ifFound(outer, combine('AND_EXPR', arrays(array.node, '@>', boundArray(array, inner, scope)), every))
    }
    // What no cell can hold is no member.
    if (!everyStored(array.kind, inner)) return ifFound(outer, truth(false))
    return ifFound(outer, arrays(array.node, '@>', boundArray(array, inner, scope)))
  }
  const [all, some] = alike(array, arrayNode(inner, scope))
  return ifFound(outer, ifFound(inner, arrays(all, '@>', some)))
}

/** `one.containsAny(other)` */
export function containsAny(one: Operand, other: Operand, scope: RowScope): Node {
  if (one.at === 'items') return anyOf(one.items.map((item) => contains(other, operandOf(item, scope), scope)))
  if (other.at === 'items' || isBound(one)) return containsAny(other, one, scope)
  if (one.at === 'view' && isBound(other)) {
    const { view, key } = one
    const alias = scope.alias()
    const isMember = equalsAny(column(alias, view.column), boundArray(view, other, scope))
    return ifFound(one, exists(view, alias, where(alias, view.key, key, isMember)))
  }
  const array = arrayNode(one, scope)
  const [left, right] = isBound(other)
    ? [array.node, boundArray(array, other, scope)]
    : alike(array, arrayNode(other, scope))
  return ifFound(one, ifFound(other, arrays(left, '&&', right)))
}

/** `one == other`, both sets: each holds all of the other. */
export function equalSets(one: Operand, other: Operand, scope: RowScope): Node {
  return combine('AND_EXPR', containsAll(one, other, scope), containsAll(other, one, scope))
}

/** `one == other`, neither of them a set. */
export function equalOperands(one: Operand, other: Operand, scope: RowScope): Node {
  if (one.at === 'cell') return equalsCell(one, other, scope) ?? truth(false)
  if (other.at === 'cell') return equalOperands(other, one, scope)
  throw inexact('equal')
}

/** `cell = item`; `undefined` when no cell can equal it. */
function equalsCell(cell: ArrayNode, item: Operand, scope: RowScope): Node | undefined {
  if (item.at !== 'later') {
    const node = scalarNode(cell, item, scope)
    return node && operation(cell.node, '=', node)
  }
  // a row without a key has no column to name
  if (cell.kind.is === 'entity' && cell.kind.ids === 'none') return undefined
  return equalsAny(cell.node, boundArray(cell, item, scope))
}

/** What stands beside a cell or a member; `undefined` when it can equal none. */
function scalarNode(
  beside: { readonly kind: ScalarKind; readonly type: TypeName },
  item: Operand,
  scope: RowScope,
): Node | undefined {
  if (item.at === 'cell') return comparable(beside.kind, item.kind) && item.node
  if (item.at !== 'value') throw inexact('equal')
  return constant(beside, item, scope.bind)
}

type Bound = Operand & { readonly at: 'value' | 'later' }

function isBound(operand: Operand): operand is Bound {
  return operand.at === 'value' || operand.at === 'later'
}

function arrayNode(operand: Operand, scope: RowScope): ArrayNode {
  if (operand.at === 'array') return operand
  if (operand.at !== 'view') throw inexact('a set')
  const { view, key } = operand
  const alias = scope.alias()
  return { kind: view.kind, type: view.type, node: cellsOf(view, alias, view.column, where(alias, view.key, key)) }
}

function boundArray({ kind, type }: Pick<ArrayNode, 'kind' | 'type'>, set: Bound, { bind, later }: RowScope): Node {
  if (set.at === 'later') return later(set.name, { as: set.withAncestors ? 'ancestors' : 'values', kind, type })
  const stored = membersOf(set).flatMap((value) => storedValue(kind, value) ?? [])
  return cast(bind(stored), arrayOf(type))
}

function everyStored(kind: ScalarKind, set: Bound & { readonly at: 'value' }): boolean {
  return membersOf(set).every((value) => storedValue(kind, value) !== undefined)
}

function membersOf(set: Bound & { readonly at: 'value' }): readonly Value[] {
  if (typeof set.value !== 'object' || !('set' in set.value)) throw inexact('contains')
  return set.value.set
}

/** Two arrays of the one type that holds the values of both. */
function alike(one: ArrayNode, other: ArrayNode): readonly [Node, Node] {
  if (!comparable(one.kind, other.kind)) throw inexact('sets of different types')
  const type = one.kind.is === 'long' || (one.kind.is === 'entity' && one.kind.ids === 'long') ? BIGINT : one.type
  const widest = arrayOf(isText(one.kind) ? TEXT : type)
  return [cast(one.node, widest), cast(other.node, widest)]
}

function isText(kind: ScalarKind): boolean {
  return kind.is === 'string' || (kind.is === 'entity' && kind.ids === 'string')
}

/** Qualified: an extension may bring an operator of its own for some arrays, which minds NULL. */
function arrays(left: Node, operator: '@>' | '<@' | '&&', right: Node): Node {
  const names = ['pg_catalog', operator].map((sval): Node => ({ String: { sval } }))
  return { A_Expr: { kind: 'AEXPR_OP', name: names, lexpr: left, rexpr: right } }
}

/** Of an entity that is not there nothing can be told, not even that its set is empty. */
function ifFound(set: Operand, node: Node): Node {
  return set.at === 'view' && set.found ? choose([[set.found, node]]) : node
}

function anyOf(nodes: readonly Node[]): Node {
  return nodes.length === 0 ? truth(false) : nodes.reduce((left, right) => combine('OR_EXPR', left, right))
}

function allOf(nodes: readonly Node[]): Node {
  return nodes.length === 0 ? truth(true) : nodes.reduce((left, right) => combine('AND_EXPR', left, right))
}

/** Whether an operand is a set, as far as one can see. */
export function isSet(operand: Operand): boolean {
  if (operand.at === 'array' || operand.at === 'view' || operand.at === 'items') return true
  return operand.at === 'value' && typeof operand.value === 'object' && 'set' in operand.value
}

/** The set that an expression is. */
export function setOf(expr: Expr, scope: RowScope): Operand {
  const operand = operandOf(expr, scope)
  if (operand.at !== 'items') return operand
  const isKnown = (item: Expr) => item.op === 'value' || laterName(item) !== undefined
  if (operand.items.every(isKnown)) {
    if (operand.items.some((item) => item.op !== 'value')) return { at: 'later', name: LATER }
    return { at: 'value', value: { set: operand.items.map((item) => (item.op === 'value' ? item.value : false)) } }
  }
  return operand
}
