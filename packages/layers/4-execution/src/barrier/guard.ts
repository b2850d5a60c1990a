import type { Node, SelectStmt } from 'libpg-query'
import { choose, column, combine, truth } from '../statement/ast.ts'

/** The column by which a derived table tells that its filter holds. No statement can name it. */
export const OK = '__ok'

/**
 * Makes a derived table tell whether its filter holds, in place. The planner may evaluate what stands outside before the
 * filter inside: there the column is false.
 */
export function exportOk(filtered: SelectStmt): void {
  const filter = filtered.whereClause ?? truth(true)
  const val: Node = { CoalesceExpr: { args: [structuredClone(filter), truth(false)] } }
  filtered.targetList = [...(filtered.targetList ?? []), { ResTarget: { name: OK, val } }]
}

/**
 * Runs an expression only on rows that the filters of the named relations let through. PostgreSQL keeps the order of CASE.
 *
 * @param names of relations that export `OK`
 * @param otherwise what it is on other rows; none of them is ever returned
 */
export function guard(expression: Node, names: readonly string[], otherwise?: Node): Node {
  // INVARIANT: not `IS TRUE`. An outer join puts NULL in the place of a row that it does not find, and that is no hidden row.
  const tests = names.map((name): Node => ({ BooleanTest: { arg: column(name, OK), booltesttype: 'IS_NOT_FALSE' } }))
  const [first, ...more] = tests
  if (!first) return expression
  return choose([[more.reduce((left, right) => combine('AND_EXPR', left, right), first), expression]], otherwise)
}

/**
 * Keeps a condition from being tried out while it is planned: the planner runs a comparison that it knows statistics for on
 * common values of the column, hidden ones too. Of `coalesce` it knows none. As a condition, NULL is as good as false.
 */
export function hide(condition: Node): Node {
  return { CoalesceExpr: { args: [condition, truth(false)] } }
}
