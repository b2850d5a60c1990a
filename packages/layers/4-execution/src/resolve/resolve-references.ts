import { LockstepError } from '@lockstep/core'
import type { Node } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { resolveExpression } from './resolve-expression.ts'
import type { Place } from './statement-context.ts'

/** Which names come first: ORDER BY and DISTINCT ON prefer output names, GROUP BY the columns of FROM. */
export type Preference = 'output-first' | 'column-first' | 'output-only'

/**
 * Resolves the items of ORDER BY, GROUP BY and DISTINCT ON, which may also be the name or the position of an output column.
 * Grouping or ordering by a column that is not plain is refused with `execution.masked-expression`.
 */
export function resolveReferences(
  items: readonly Node[],
  output: readonly ScopedColumn[],
  preference: Preference,
  place: Place,
): void {
  for (const item of items) {
    const node = 'SortBy' in item ? item.SortBy.node : item
    if (!node) throw new LockstepError('execution.statement-unsupported')
    if ('GroupingSet' in node) resolveReferences(node.GroupingSet.content ?? [], output, preference, place)
    else resolveReference(node, output, preference, place)
  }
}

function resolveReference(node: Node, output: readonly ScopedColumn[], preference: Preference, place: Place): void {
  if ('A_Const' in node && node.A_Const.ival) {
    const column = output[(node.A_Const.ival.ival ?? 0) - 1]
    if (!column) throw new LockstepError('execution.column-unknown')
    requirePlain([column])
    return
  }
  const name = bareName(node)
  const named = name === undefined ? [] : output.filter((column) => column.name === name)
  const inFrom = preference === 'column-first' && place.scope?.columns.some((column) => column.name === name)
  if (named.length > 0 && !inFrom) {
    requirePlain(named)
    return
  }
  // a set operation can only be ordered by what it returns
  if (preference === 'output-only') throw new LockstepError('execution.column-unknown')
  resolveExpression(node, place)
}

function bareName(node: Node): string | undefined {
  if (!('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return undefined
  const [field] = node.ColumnRef.fields
  return field && 'String' in field ? field.String.sval : undefined
}

function requirePlain(columns: readonly ScopedColumn[]): void {
  if (columns.some(({ form }) => form !== 'plain')) throw new LockstepError('execution.masked-expression')
}
