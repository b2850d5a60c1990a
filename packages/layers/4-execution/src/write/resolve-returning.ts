import { LockstepError } from '@lockstep/core'
import type { Node, ReturningClause, SelectStmt } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { outputName } from '../resolve/output-name.ts'
import { isStar, resolveStar } from '../resolve/resolve-column.ts'
import type { Scope } from '../resolve/scope.ts'
import { spellOut } from '../resolve/spell-out.ts'
import type { Place } from '../resolve/statement-context.ts'
import { onlyWhere, permittedWhere } from './permitted-where.ts'

/** The column by which a statement that returns nothing tells that a row may be as it is. */
const OK = '__ok'

/**
 * Resolves what a statement returns of the rows that it wrote, in place, and returns its columns. It is selected like anything else: a column
 * that is masked, or visible in some rows only, may be returned as it is.
 */
export function resolveReturning(
  statement: { readonly returningClause?: ReturningClause },
  { scope, ctes, context }: Place & { readonly scope: Scope },
): readonly ScopedColumn[] {
  const { returningClause } = statement
  if (!returningClause) return []
  const targetList = (returningClause.exprs ?? []).flatMap((node) => spelled(node, scope))
  const select: SelectStmt = { targetList, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' }
  const output = context.resolveSelect(select, { outer: scope, ctes, context })
  // a cell that is replaced where it is named keeps the name
  returningClause.exprs = (select.targetList ?? []).map((node, index): Node => {
    const target = 'ResTarget' in node ? node.ResTarget : undefined
    if (!target?.val || target.name !== undefined || !('ColumnRef' in target.val)) return node
    return { ResTarget: { ...target, name: output[index]?.name ?? outputName(target.val) } }
  })
  return output
}

/** `*` names the columns in scope, one by one: the table itself has others. */
function spelled(node: Node, scope: Scope): readonly Node[] {
  const target = 'ResTarget' in node ? node.ResTarget : undefined
  if (!target?.val) throw new LockstepError('execution.statement-unsupported')
  if (!('ColumnRef' in target.val) || !isStar(target.val.ColumnRef)) return [node]
  const columns = spellOut(resolveStar(target.val.ColumnRef, scope), scope)
  if (!columns) throw new LockstepError('execution.statement-unsupported', 'name the columns instead of `*`')
  return columns.map((val) => ({ ResTarget: { val } }))
}

/**
 * Makes a statement fail when a row that it wrote does not meet a condition, as the row is once triggers and defaults are through with it:
 * RETURNING sees that row.
 */
export function demandOfRows(statement: { returningClause?: ReturningClause }, condition: Node | undefined): void {
  if (!condition) return
  // INVARIANT: the first that is computed, so that nothing is computed of a row before it is known to be permitted.
  const [chosen, ...more] = statement.returningClause?.exprs ?? []
  if (!chosen || !('ResTarget' in chosen) || !chosen.ResTarget.val) {
    statement.returningClause = { exprs: [{ ResTarget: { name: OK, val: permittedWhere(condition) } }] }
    return
  }
  const { name, val } = chosen.ResTarget
  const checked: Node = { ResTarget: { name: name ?? outputName(val), val: onlyWhere(condition, val) } }
  statement.returningClause = { exprs: [checked, ...more] }
}
