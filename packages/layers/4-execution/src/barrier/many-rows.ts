import { AGGREGATES } from '../grammar/functions.ts'
import { isTree, someMember } from '../statement/tree.ts'

const MANY_ROWS = new Set(['GroupingFunc', 'JsonObjectAgg', 'JsonArrayAgg'])

/**
 * Whether an expression holds an aggregate or a window function of its own level. Its value is made of rows that the filters
 * have let through, and no condition over it can run before them.
 */
export function looksAtManyRows(tree: unknown): boolean {
  if (!isTree(tree)) return false
  return someMember(tree, (kind, value) => {
    if (kind === 'SubLink') return false
    return (kind === 'FuncCall' && isTree(value) && isOverRows(value)) || MANY_ROWS.has(kind) || looksAtManyRows(value)
  })
}

function isOverRows(call: Readonly<Record<string, unknown>>): boolean {
  if (call.over || call.agg_star || call.agg_within_group || call.agg_filter || call.agg_order || call.agg_distinct)
    return true
  const path = Array.isArray(call.funcname) ? call.funcname : []
  return path.length === 2 && path[0]?.String?.sval === 'pg_catalog' && AGGREGATES.includes(path[1]?.String?.sval)
}
