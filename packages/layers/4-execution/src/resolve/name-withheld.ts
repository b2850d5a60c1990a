import { LockstepError } from '@lockstep/core'
import { typeNameOf } from '../barrier/type-name.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { cast, nothing } from '../statement/ast.ts'
import type { RangeEntry } from './scope.ts'

/**
 * Finds a column that is hidden from the caller and may be named all the same, and lets the derived table that stands for its table show it, in
 * place: as NULL in every row. `undefined` for any other name. Throws `execution.statement-unsupported` beside a whole row, which would hold it.
 */
export function nameWithheld({ use, isRenamed }: RangeEntry, name: string): ScopedColumn | undefined {
  const found = isRenamed ? undefined : use?.withheld.find((column) => column.name === name)
  if (!use || !found) return undefined
  if (use.isWhole) throw new LockstepError('execution.statement-unsupported', 'name the columns of the row')
  if (!use.named.has(name)) {
    use.named.add(name)
    use.select.targetList = [
      ...(use.select.targetList ?? []),
      { ResTarget: { name, val: cast(nothing(), found.type) } },
    ]
  }
  const type = typeNameOf(found.type)
  return { name, form: 'plain', ...(type && { type }), source: { from: 'table', use } }
}
