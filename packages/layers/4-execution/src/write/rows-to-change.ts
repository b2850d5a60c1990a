import type { Node } from 'libpg-query'
import { resolveExpression } from '../resolve/resolve-expression.ts'
import { resolveFrom } from '../resolve/resolve-from.ts'
import { beside, type FromItem, NO_ITEM, type Scope } from '../resolve/scope.ts'
import type { Place } from '../resolve/statement-context.ts'
import { choose, combine, truth } from '../statement/ast.ts'
import { allOf } from './permitted-where.ts'
import type { WriteTarget } from './write-target.ts'

/**
 * Resolves which rows UPDATE or DELETE change, in place, and narrows them to those that meet the policy's conditions. What the statement asks
 * of a row is asked once the row is known to be visible.
 *
 * @param from the other relations: they cannot name what is written
 * @param filter the policy's conditions, qualified by the table's own name
 * @returns where what is set and returned stands
 */
export function rowsToChange(
  statement: { whereClause?: Node },
  from: readonly Node[] | undefined,
  target: WriteTarget,
  filter: readonly (Node | undefined)[],
  { ctes, context }: Pick<Place, 'ctes' | 'context'>,
): Place & { readonly scope: Scope } {
  let others: FromItem = NO_ITEM
  for (const node of from ?? []) others = beside(others, resolveFrom(node, others, { scope: undefined, ctes, context }))
  const scope: Scope = { ...beside(target.item, others), outer: undefined }
  if (statement.whereClause) {
    resolveExpression(statement.whereClause, { scope, ctes, context })
    const replace = (clause: Node): void => void Object.assign(statement, { whereClause: clause })
    context.notes.conditions.push({ at: 'where', clause: statement.whereClause, replace, scope })
  }
  const visible = allOf(filter)
  context.pending.push(() => {
    const { use, own } = target
    let asked = statement.whereClause
    // no fence can stand around what is written, so that all of the statement's own condition waits for the policy's
    if (asked && use.isFenced) {
      asked = choose([[own(okOf(target)), asked]], truth(false))
      Object.assign(use, { isFenced: false, isExporting: true })
    }
    if (!visible) return
    const permitted = own(visible)
    statement.whereClause = asked ? combine('AND_EXPR', permitted, asked) : permitted
  })
  return { scope: { ...scope, isAfterFilters: true }, ctes, context }
}

/** Whether the caller may see a row, and never NULL. */
export function okOf({ read }: WriteTarget): Node {
  return { CoalesceExpr: { args: [read.select.whereClause ?? truth(true), truth(false)] } }
}
