import { LockstepError } from '@lockstep/core'
import type { Node, SelectStmt } from 'libpg-query'
import { looksAtManyRows } from '../barrier/many-rows.ts'
import type { ColumnSource, ScopedColumn } from '../policy/scope-relation.ts'
import { extendGrouping } from './extend-grouping.ts'
import { ofRows } from './of-rows.ts'
import { outputName } from './output-name.ts'
import { isStar, resolveColumn, resolveStar } from './resolve-column.ts'
import { resolveCtes } from './resolve-ctes.ts'
import { resolveExpression } from './resolve-expression.ts'
import { resolveFrom } from './resolve-from.ts'
import { resolveReferences } from './resolve-references.ts'
import { beside, type FromItem, NO_ITEM, type Scope } from './scope.ts'
import { spellOut } from './spell-out.ts'
import type { Place, ResolveSelect, SelectPlace } from './statement-context.ts'

/**
 * Resolves one SELECT with everything in it, replacing tables in place, and returns its columns. Scopes are lexical, as in
 * PostgreSQL: a CTE is visible to later CTEs and to its own SELECT; FROM comes before everything that names its columns.
 */
export const resolveSelect: ResolveSelect = (select, around, behindLeft) => {
  const ctes = resolveCtes(select.withClause, around)
  const place = { outer: around.outer, context: around.context, ctes }
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return resolveSetOperation(select, place, behindLeft)
  if (select.valuesLists) return resolveValues(select, place)

  let item: FromItem = NO_ITEM
  for (const node of select.fromClause ?? []) {
    item = beside(item, resolveFrom(node, item, { scope: around.outer, ctes, context: around.context }))
  }
  // written out: members that stand behind a spread cost microseconds
  const { entries, columns } = item
  const scope: Scope = { entries, columns, outer: around.outer }
  const inside = { scope, ctes, context: around.context }
  const filtered = { entries, columns, outer: around.outer, isAfterFilters: true as const }
  const after = { scope: filtered, ctes, context: around.context }
  const output = resolveTargets(select, after)
  resolveConditions(select, inside, after)
  for (const window of select.windowClause ?? []) resolveExpression(window, after)
  resolveReferences(select.groupClause ?? [], output, 'column-first', after)
  resolveReferences(select.sortClause ?? [], output, 'output-first', after)
  extendGrouping(select, scope)
  resolveDistinct(select, output, after)
  resolveLimits(select, after)
  // a condition never moves below LIMIT or OFFSET
  return select.limitCount || select.limitOffset ? output.map(ofRows) : output
}

function resolveConditions(select: SelectStmt, inside: Place & { readonly scope: Scope }, after: Place): void {
  const { conditions } = inside.context.notes
  const { scope } = inside
  if (select.whereClause) {
    resolveExpression(select.whereClause, inside)
    const replace = (clause: Node) => void Object.assign(select, { whereClause: clause })
    conditions.push({ at: 'where', clause: select.whereClause, replace, scope })
  }
  if (select.havingClause) {
    resolveExpression(select.havingClause, after)
    const replace = (clause: Node) => void Object.assign(select, { havingClause: clause })
    conditions.push({ at: 'having', clause: select.havingClause, replace, scope })
  }
}

function resolveTargets(select: SelectStmt, place: Place & { readonly scope: Scope }): readonly ScopedColumn[] {
  const { meanings, stars } = place.context.notes
  return (select.targetList ?? []).flatMap((node): readonly ScopedColumn[] => {
    const target = 'ResTarget' in node ? node.ResTarget : undefined
    if (!target?.val) throw new LockstepError('execution.statement-unsupported')
    if (!('ColumnRef' in target.val)) {
      const name = target.name ?? outputName(target.val)
      resolveExpression(target.val, place)
      const source: ColumnSource = { from: 'expressions', of: [target.val] }
      return [{ name, form: 'plain', source: looksAtManyRows(target.val) ? { from: 'rows', of: source } : source }]
    }
    // INVARIANT: only here, selected as it is, may a column be something else than plain.
    const reference = target.val.ColumnRef
    if (isStar(reference)) {
      const columns = resolveStar(reference, place.scope)
      stars.push({ select, target, columns: spellOut(columns, place.scope), scope: place.scope })
      return columns.map((column) => selected(column, column.name))
    }
    const column = resolveColumn(reference, place.scope)
    meanings.set(reference, column)
    return [selected(column, target.name ?? column.name)]
  })
}

/** A column as a result shows it: rows of a result are no longer rows of a table, so that no column is a key. */
function selected({ form, origin, type, source }: ScopedColumn, name: string): ScopedColumn {
  return { name, form, ...(origin && { origin }), ...(type && { type }), ...(source && { source }) }
}

function resolveSetOperation(
  select: SelectStmt,
  place: SelectPlace,
  behindLeft: Parameters<ResolveSelect>[2],
): readonly ScopedColumn[] {
  if (!select.larg || !select.rarg) throw new LockstepError('execution.statement-unsupported')
  const left = resolveSelect(select.larg, place)
  const isUnion = select.op === 'SETOP_UNION'
  const ctes = isUnion && behindLeft ? behindLeft(left, place.ctes) : place.ctes
  const right = resolveSelect(select.rarg, { ...place, ctes })
  if (left.length !== right.length) throw new LockstepError('execution.statement-invalid')
  const output = left.map((column, index): ScopedColumn => {
    const { name, form } = column
    const other = right[index]
    const source: ColumnSource = { from: 'columns', of: other ? [column, other] : [column] }
    return { name, form: form === 'plain' && other ? other.form : form, source }
  })
  // All but UNION ALL compare the cells.
  if (!isUnion || !select.all) requirePlain(output)
  resolveReferences(select.sortClause ?? [], output, 'output-only', { ...place, scope: place.outer })
  resolveLimits(select, { ...place, scope: place.outer })
  return select.limitCount || select.limitOffset ? output.map(ofRows) : output
}

function resolveValues(select: SelectStmt, place: SelectPlace): readonly ScopedColumn[] {
  const inside = { ...place, scope: place.outer }
  const columns: Node[][] = []
  for (const row of select.valuesLists ?? []) {
    for (const [index, item] of ('List' in row ? (row.List.items ?? []) : []).entries()) {
      resolveExpression(item, inside)
      columns[index] = [...(columns[index] ?? []), item]
    }
  }
  const output = columns.map((of, index): ScopedColumn => {
    return { name: `column${index + 1}`, form: 'plain', source: { from: 'expressions', of } }
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
