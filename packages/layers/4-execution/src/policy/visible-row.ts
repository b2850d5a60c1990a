import type { Expr } from '@lockstep/core'
import type { Node } from 'libpg-query'
import { column, combine } from '../statement/ast.ts'
import type { CatalogTable } from './catalog.ts'
import { type Bind, translateCondition } from './translate-condition.ts'

/**
 * The condition under which a row of a relation is visible: it is an entity, and the policy permits to read it. A row of a view may have NULL in
 * the place of an attribute that every entity has; a policy that forbids by that attribute would not apply to it, so that it is hidden
 * whatever the policy says.
 */
export function visibleRow(row: Expr, table: CatalogTable, bind: Bind): Node {
  const isThere = table.demanded.map(
    (name): Node => ({ NullTest: { arg: column(table.name, name), nulltesttype: 'IS_NOT_NULL' } }),
  )
  return [...isThere, translateCondition(row, table, bind)].reduce((left, right) => combine('AND_EXPR', left, right))
}
