import { LockstepError } from '@lockstep/core'
import type { Alias } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'

/** An alias with column names renames the first columns. Throws `execution.column-unknown` when there are too many. */
export function renamed(columns: readonly ScopedColumn[], alias: Alias | undefined): readonly ScopedColumn[] {
  const names = alias?.colnames ?? []
  if (names.length > columns.length) throw new LockstepError('execution.column-unknown')
  return columns.map((column, index) => {
    const node = names[index]
    return node && 'String' in node ? { ...column, name: node.String.sval ?? '' } : column
  })
}
