import type { Node } from 'libpg-query'
import { column, combine } from '../statement/ast.ts'
import type { CatalogTable } from './catalog.ts'
import { exists, where } from './policy-look.ts'
import { inexact, type Operand, type Place, type RowScope } from './row-scope.ts'
import { contains, containsAny } from './set-conditions.ts'

/** More levels than any mapping has: a type that can be in itself has no end. */
const MOST_LEVELS = 16

/**
 * `inner in outer`, where the hierarchy above the inner entity is told by tables: the entity itself, or what the columns of its
 * parents hold, or what is above those. An entity without a row, and a NULL, are in nothing but themselves.
 *
 * @param place the row that the inner entity is, when it is in scope
 */
export function inHierarchy(inner: Operand, outer: Operand, place: Place | undefined, scope: RowScope): Node {
  if (inner.at === 'later') {
    const among = { ...inner, withAncestors: true } as const
    return outer.at === 'cell' ? contains(among, outer, scope) : containsAny(outer, among, scope)
  }
  if (inner.at !== 'cell' || inner.kind.is !== 'entity') throw inexact('in')
  const among =
    outer.at === 'value' && !isSetValue(outer) ? { at: 'value' as const, value: { set: [outer.value] } } : outer
  if (among.at !== 'value' && among.at !== 'later') throw inexact('in')
  return climb(inner, among, place, scope, 0)
}

type Inner = Operand & { readonly at: 'cell' }

function climb(inner: Inner, among: Operand, place: Place | undefined, scope: RowScope, level: number): Node {
  const itself = contains(among, inner, scope)
  const table = place?.table ?? tableOf(inner, scope)
  if (!table || table.parents.size === 0) {
    // Where nothing is above an entity the question was folded away before: here something is, and nobody tells it.
    if (level === 0) throw inexact('in')
    return itself
  }
  if (level === MOST_LEVELS) throw inexact('in')
  if (place) return combine('OR_EXPR', itself, parents(table, place.qualifier, among, scope, level))
  const alias = scope.alias()
  const above = parents(table, alias, among, scope, level)
  return combine('OR_EXPR', itself, exists(table, alias, where(alias, table.key.column.name, inner.node, above)))
}

function parents(table: CatalogTable, qualifier: string, among: Operand, scope: RowScope, level: number): Node {
  return [...table.parents.values()]
    .map(({ column: { name }, kind, type }) => {
      if (kind.is !== 'entity') throw inexact('in')
      const parent: Inner = { at: 'cell', kind, type, node: column(qualifier, name) }
      // A NULL is no parent; under a negation it must be false.
      const isIn = climb(parent, among, undefined, scope, level + 1)
      return combine('AND_EXPR', { NullTest: { arg: parent.node, nulltesttype: 'IS_NOT_NULL' } }, isIn)
    })
    .reduce((left, right) => combine('OR_EXPR', left, right))
}

function tableOf({ kind }: Inner, scope: RowScope): CatalogTable | undefined {
  return kind.is === 'entity' ? scope.places.get('resource')?.table.referenced(kind.entity) : undefined
}

function isSetValue(operand: Operand): boolean {
  return operand.at === 'value' && typeof operand.value === 'object' && 'set' in operand.value
}
