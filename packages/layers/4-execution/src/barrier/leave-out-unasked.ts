import type { Node } from 'libpg-query'
import { isTree, someMember } from '../statement/tree.ts'
import type { TableUse } from './table-use.ts'

/**
 * Leaves out of a derived table, in place, the columns that its statement does not name: what is not printed need not be parsed, here and in the
 * database. A column that is made with a parameter stays, since PostgreSQL takes no value that nothing names.
 */
export function leaveOutUnasked({ select, asked, isComplete, isWhole }: TableUse): void {
  if (isComplete || isWhole || !select.targetList) return
  const kept = select.targetList.filter((node) => asked.has(nameOf(node)) || holdsParameter(node))
  if (kept.length > 0) select.targetList = kept
  // the grammar leaves out an empty list
  else Reflect.deleteProperty(select, 'targetList')
}

function nameOf(node: Node): string {
  if (!('ResTarget' in node)) return ''
  const { name, val } = node.ResTarget
  if (name !== undefined || !val || !('ColumnRef' in val)) return name ?? ''
  const last = val.ColumnRef.fields?.at(-1)
  return last && 'String' in last ? (last.String.sval ?? '') : ''
}

function holdsParameter(tree: unknown): boolean {
  return isTree(tree) && someMember(tree, (kind, value) => kind === 'ParamRef' || holdsParameter(value))
}
