import { LockstepError } from '@lockstep/core'
import type { Node } from 'libpg-query'
import { FUNCTIONS } from '../grammar/functions.ts'
import { SHAPES, type Shape } from '../grammar/shapes.ts'
import { resolveColumn } from './resolve-column.ts'
import { resolveFunction } from './resolve-function.ts'
import type { Place } from './statement-context.ts'
import { resolveRows, spellRow } from './whole-row.ts'

/**
 * Resolves every name in an expression. A column that is masked, or visible in some rows only, has no value that one may
 * compute with: it is refused with `execution.masked-expression`.
 */
export function resolveExpression(node: Node, place: Place): void {
  if ('ColumnRef' in node) {
    const column = resolveColumn(node.ColumnRef, place.scope)
    if (column.form !== 'plain') throw maskedExpression()
    place.context.notes.meanings.set(node.ColumnRef, column)
    return
  }
  if ('SubLink' in node) {
    const { subLinkType, testexpr, subselect } = node.SubLink
    if (testexpr) resolveExpression(testexpr, place)
    if (!subselect || !('SelectStmt' in subselect)) throw notAnExpression()
    const { uses, subQueries } = place.context.notes
    const before = uses.length
    const columns = place.context.resolveSelect(subselect.SelectStmt, { ...place, outer: place.scope })
    subQueries.set(subselect.SelectStmt, { columns, uses: uses.slice(before) })
    if (subLinkType !== 'EXISTS_SUBLINK' && columns.some(({ form }) => form !== 'plain')) throw maskedExpression()
    return
  }
  let rows: ReadonlySet<Node> | undefined
  if ('FuncCall' in node) {
    const isBuiltIn = FUNCTIONS.has(resolveFunction(node.FuncCall, place.context))
    if (isBuiltIn) rows = resolveRows(node.FuncCall.args ?? [], place.scope)
    for (const row of rows ?? []) if ('ColumnRef' in row) place.context.notes.wholeRows.add(row.ColumnRef)
  }
  if ('RowExpr' in node) spellRow(node.RowExpr, place.scope)
  resolveChildren(node, place, rows)
}

/** The kinds that only FROM, WITH and statements hold; the grammar puts none of them into an expression. */
const NOT_EXPRESSIONS = new Set([
  ...['SelectStmt', 'RangeVar', 'RangeSubselect', 'RangeFunction', 'JoinExpr', 'Alias', 'WithClause'],
  ...['CommonTableExpr', 'ResTarget', 'A_Star', 'ColumnDef', 'CTESearchClause', 'CTECycleClause'],
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'OnConflictClause', 'InferClause', 'IndexElem', 'ReturningClause'],
  ...['MultiAssignRef', 'SetToDefault'],
])

/** Visits what a node holds, by the table of shapes: what the table does not name cannot be there any more. */
function resolveChildren(node: Node, place: Place, settled?: ReadonlySet<Node>): void {
  for (const [kind, value] of Object.entries(node)) visit(kind, value, place, settled)
}

function visit(kind: string, value: unknown, place: Place, settled?: ReadonlySet<Node>): void {
  if (NOT_EXPRESSIONS.has(kind)) throw notAnExpression()
  const shape = SHAPES[kind]
  if (!shape || typeof value !== 'object' || value === null) throw notAnExpression()
  for (const [key, member] of Object.entries(value)) {
    const expected = shape[key]
    if (expected === 'node') {
      child(member, place)
    } else if (isList(expected)) {
      for (const item of member) if (!settled?.has(item)) child(item, place)
    } else if (typeof expected === 'object' && 'of' in expected) {
      visit(expected.of, member, place)
    }
  }
}

function isList(expected: Shape | undefined): boolean {
  if (typeof expected === 'object') return 'listOf' in expected
  return expected === 'nodes' || expected === 'maybe-nodes'
}

function child(node: Node, place: Place): void {
  if ('String' in node || 'Integer' in node || Object.keys(node).length === 0) return
  resolveExpression(node, place)
}

function maskedExpression(): LockstepError {
  return new LockstepError('execution.masked-expression')
}

function notAnExpression(): LockstepError {
  return new LockstepError('execution.statement-unsupported')
}
