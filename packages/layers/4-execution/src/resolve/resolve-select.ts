import { LockstepError } from '@lockstep/core'
import type { Node, SelectStmt, WithClause } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { extendGrouping } from './extend-grouping.ts'
import { outputName } from './output-name.ts'
import { isStar, resolveColumn, resolveStar } from './resolve-column.ts'
import { resolveExpression } from './resolve-expression.ts'
import { renamed, resolveFrom } from './resolve-from.ts'
import { resolveReferences } from './resolve-references.ts'
import { beside, type FromItem, NO_ITEM, type Scope, type VisibleCtes } from './scope.ts'
import type { Place, SelectPlace } from './statement-context.ts'

/**
 * Resolves one SELECT with everything in it, replacing tables in place, and returns its columns. Scopes are lexical, as in
 * PostgreSQL: a CTE is visible to later CTEs and to its own SELECT; FROM comes before everything that names its columns.
 */
export function resolveSelect(select: SelectStmt, around: SelectPlace): readonly ScopedColumn[] {
  const ctes = resolveCtes(select.withClause, around)
  const place = { ...around, ctes }
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return resolveSetOperation(select, place)
  if (select.valuesLists) return resolveValues(select, place)

  let item: FromItem = NO_ITEM
  for (const node of select.fromClause ?? []) {
    item = beside(item, resolveFrom(node, item, { scope: around.outer, ctes, context: around.context }))
  }
  const scope: Scope = { ...item, outer: around.outer }
  const inside = { scope, ctes, context: around.context }
  const output = resolveTargets(select.targetList ?? [], inside)
  if (select.whereClause) resolveExpression(select.whereClause, inside)
  if (select.havingClause) resolveExpression(select.havingClause, inside)
  for (const window of select.windowClause ?? []) resolveExpression(window, inside)
  resolveReferences(select.groupClause ?? [], output, 'column-first', inside)
  resolveReferences(select.sortClause ?? [], output, 'output-first', inside)
  extendGrouping(select, scope)
  resolveDistinct(select, output, inside)
  resolveLimits(select, inside)
  return output
}

function resolveCtes(clause: WithClause | undefined, around: SelectPlace): VisibleCtes {
  const visible = new Map(around.ctes)
  const own = new Set<string>()
  for (const node of clause?.ctes ?? []) {
    const cte = 'CommonTableExpr' in node ? node.CommonTableExpr : undefined
    const query = cte?.ctequery
    if (!cte?.ctename || !query || !('SelectStmt' in query) || own.has(cte.ctename)) {
      throw new LockstepError('execution.statement-unsupported')
    }
    const columns = resolveSelect(query.SelectStmt, { ...around, ctes: new Map(visible) })
    visible.set(cte.ctename, renamed(columns, cte.aliascolnames ? { colnames: cte.aliascolnames } : undefined))
    own.add(cte.ctename)
  }
  return visible
}

function resolveTargets(targets: readonly Node[], place: Place & { readonly scope: Scope }): readonly ScopedColumn[] {
  return targets.flatMap((node): readonly ScopedColumn[] => {
    const target = 'ResTarget' in node ? node.ResTarget : undefined
    if (!target?.val) throw new LockstepError('execution.statement-unsupported')
    if (!('ColumnRef' in target.val)) {
      const name = target.name ?? outputName(target.val)
      resolveExpression(target.val, place)
      return [{ name, form: 'plain' }]
    }
    // INVARIANT: only here, selected as it is, may a column be something else than plain.
    const reference = target.val.ColumnRef
    if (isStar(reference)) return resolveStar(reference, place.scope).map((column) => selected(column, column.name))
    const column = resolveColumn(reference, place.scope)
    return [selected(column, target.name ?? column.name)]
  })
}

/** A column as a result shows it: rows of a result are no longer rows of a table, so that no column is a key. */
function selected({ form, origin }: ScopedColumn, name: string): ScopedColumn {
  return origin ? { name, form, origin } : { name, form }
}

function resolveSetOperation(select: SelectStmt, place: SelectPlace): readonly ScopedColumn[] {
  if (!select.larg || !select.rarg) throw new LockstepError('execution.statement-unsupported')
  const left = resolveSelect(select.larg, place)
  const right = resolveSelect(select.rarg, place)
  if (left.length !== right.length) throw new LockstepError('execution.statement-invalid')
  const output = left.map(({ name, form }, index): ScopedColumn => {
    const other = right[index]
    return { name, form: form === 'plain' && other ? other.form : form }
  })
  // All but UNION ALL compare the cells.
  if (select.op !== 'SETOP_UNION' || !select.all) requirePlain(output)
  resolveReferences(select.sortClause ?? [], output, 'output-only', { ...place, scope: place.outer })
  resolveLimits(select, { ...place, scope: place.outer })
  return output
}

function resolveValues(select: SelectStmt, place: SelectPlace): readonly ScopedColumn[] {
  const inside = { ...place, scope: place.outer }
  let width = 0
  for (const row of select.valuesLists ?? []) {
    const items = 'List' in row ? (row.List.items ?? []) : []
    width = items.length
    for (const item of items) resolveExpression(item, inside)
  }
  const output = Array.from({ length: width }, (_, index): ScopedColumn => {
    return { name: `column${index + 1}`, form: 'plain' }
  })
  resolveReferences(select.sortClause ?? [], output, 'output-only', inside)
  resolveLimits(select, inside)
  return output
}

function resolveDistinct(select: SelectStmt, output: readonly ScopedColumn[], place: Place): void {
  const clause = select.distinctClause ?? []
  const expressions = clause.filter((node) => Object.keys(node).length > 0)
  if (clause.length > expressions.length) requirePlain(output)
  resolveReferences(expressions, output, 'output-first', place)
}

function resolveLimits(select: SelectStmt, place: Place): void {
  if (select.limitCount) resolveExpression(select.limitCount, place)
  if (select.limitOffset) resolveExpression(select.limitOffset, place)
}

function requirePlain(columns: readonly ScopedColumn[]): void {
  if (columns.some(({ form }) => form !== 'plain')) throw new LockstepError('execution.masked-expression')
}
