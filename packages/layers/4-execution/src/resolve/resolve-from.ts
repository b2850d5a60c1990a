import { LockstepError } from '@lockstep/core'
import type { JoinExpr, Node, RangeSubselect, RangeVar } from 'libpg-query'
import type { BarrierNotes } from '../barrier/notes.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { askFor } from './ask-for.ts'
import { spellNatural } from './natural-join.ts'
import { placeRelation } from './place-relation.ts'
import { renamed } from './renamed.ts'
import { resolveExpression } from './resolve-expression.ts'
import { resolveMappedFunction } from './resolve-mapped-function.ts'
import { resolveRangeFunction } from './resolve-range-function.ts'
import { beside, type FromItem, NO_ITEM, type RangeEntry, UNREADY } from './scope.ts'
import type { Place } from './statement-context.ts'

/**
 * Resolves one item of a FROM clause. Tables are replaced by their scoped derived table, in place.
 *
 * @param node the item; a table's node becomes another kind of node
 * @param before what stands to the left, which LATERAL items can see
 */
export function resolveFrom(node: Node, before: FromItem, place: Place): FromItem {
  if ('RangeVar' in node) return resolveTable(node, node.RangeVar, place)
  if ('RangeSubselect' in node) return resolveDerived(node.RangeSubselect, before, place)
  if ('RangeFunction' in node) {
    const mapped = resolveMappedFunction(node, node.RangeFunction, before, place)
    return entryItem(mapped ?? resolveRangeFunction(node.RangeFunction, before, place))
  }
  if ('JoinExpr' in node) return resolveJoin(node.JoinExpr, before, place)
  throw new LockstepError('execution.statement-unsupported')
}

function resolveTable(node: Node, range: RangeVar, place: Place): FromItem {
  const { schemaname: schema, relname: name = '', inh } = range
  // absent for `FROM ONLY`, so that the table of shapes cannot see it
  if (!inh) throw new LockstepError('execution.statement-unsupported', '`ONLY` is not released')
  const cte = schema === undefined ? place.ctes.get(name) : undefined
  if (cte === UNREADY) {
    throw new LockstepError('execution.statement-unsupported', 'a CTE can only name itself behind its own UNION')
  }
  if (cte) {
    place.context.settled.add(range)
    return entryItem({ name: range.alias?.aliasname ?? name, columns: renamed(cte, range.alias) })
  }
  return entryItem(placeRelation(node, place.context.relation(schema, name), range.alias, place.context))
}

function resolveDerived(derived: RangeSubselect, before: FromItem, place: Place): FromItem {
  const { subquery, alias, lateral } = derived
  if (!subquery || !('SelectStmt' in subquery)) throw new LockstepError('execution.statement-unsupported')
  const outer = lateral ? { ...before, outer: place.scope } : place.scope
  const columns = place.context.resolveSelect(subquery.SelectStmt, { ctes: place.ctes, context: place.context, outer })
  return entryItem({ name: alias?.aliasname, columns: renamed(columns, alias) })
}

function resolveJoin(join: JoinExpr, before: FromItem, place: Place): FromItem {
  if (!join.larg || !join.rarg) throw new LockstepError('execution.statement-unsupported')
  const { notes } = place.context
  const first = notes.uses.length
  const left = resolveFrom(join.larg, before, place)
  const second = notes.uses.length
  const right = resolveFrom(join.rarg, beside(before, left), place)
  const isOuter = join.jointype !== 'JOIN_INNER'
  for (const use of notes.uses.slice(join.jointype === 'JOIN_LEFT' ? second : first)) use.isNullable ||= isOuter
  if (join.isNatural) spellNatural(join, left, right)
  let item = beside(left, right)
  if (join.quals) {
    const scope = { entries: item.entries, columns: item.columns, outer: place.scope }
    resolveExpression(join.quals, { scope, ctes: place.ctes, context: place.context })
    const replace = (clause: Node) => void Object.assign(join, { quals: clause })
    const at = join.jointype === 'JOIN_FULL' ? 'full' : 'on'
    notes.conditions.push({ at, clause: join.quals, replace, scope })
  }
  if (join.usingClause) {
    const columns = mergedColumns(join.usingClause, left, right, notes)
    item = { ...item, columns }
    // `USING (...) AS name`: the merged columns alone, and a name that hides no other
    const merged = join.join_using_alias?.aliasname
    const shared = columns.slice(0, join.usingClause.length)
    if (merged !== undefined) item = beside(item, { entries: [{ name: merged, columns: shared }], columns: [] })
  }
  if (!join.alias) return item
  for (const use of notes.uses.slice(first)) {
    use.canExport = false
    use.isComplete ||= join.alias.colnames !== undefined
  }
  const columns = item.columns.map(({ name, form, type, source }): ScopedColumn => {
    return { name, form, ...(type && { type }), ...(source && { source }) }
  })
  return entryItem({ name: join.alias.aliasname, columns: renamed(columns, join.alias) })
}

/** `USING (a)`: one column `a`, then the others of both sides. */
function mergedColumns(
  using: readonly Node[],
  left: FromItem,
  right: FromItem,
  notes: BarrierNotes,
): readonly ScopedColumn[] {
  const names = using.map((node) => ('String' in node ? node.String.sval : undefined))
  const merged = names.map((name): ScopedColumn => {
    const [ofLeft, ofRight] = [left, right].map((side) => {
      const [found, ...more] = side.columns.filter((column) => column.name === name)
      if (!found || more.length > 0) throw new LockstepError('execution.column-unknown')
      if (found.form !== 'plain') throw new LockstepError('execution.masked-expression')
      return found
    })
    if (!ofLeft || !ofRight) throw new LockstepError('execution.column-unknown')
    notes.merged.push([ofLeft, ofRight])
    for (const column of [ofLeft, ofRight]) askFor(column)
    return { name: name ?? '', form: 'plain', source: { from: 'columns', of: [ofLeft, ofRight] } }
  })
  const rest = [...left.columns, ...right.columns].filter((column) => !names.includes(column.name))
  return [...merged, ...rest]
}

function entryItem(entry: RangeEntry): FromItem {
  return { ...NO_ITEM, entries: [entry], columns: entry.columns }
}
