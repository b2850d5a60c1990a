import { LockstepError } from '@lockstep/core'
import type { Node } from 'libpg-query'
import type { ScopedWrite } from '../policy/scope-write.ts'
import { resolveExpression } from '../resolve/resolve-expression.ts'
import type { Place } from '../resolve/statement-context.ts'
import { allOf } from './permitted-where.ts'
import { columnToWrite, type WriteTarget } from './write-target.ts'

/** One column that is set. */
export interface SetColumn {
  readonly target: { readonly val: Node; readonly replace: (val: Node) => void }
  /** What the row as it was must meet for this cell to be set; absent where every visible row does. */
  readonly before: Node | undefined
  /** What the row must meet as it becomes. */
  readonly after: Node
}

/**
 * Resolves a SET clause, in place. A cell that the caller cannot read plainly is not written either.
 *
 * Throws `execution.column-unknown`, `execution.write-denied`.
 */
export function setColumns(
  targetList: readonly Node[] | undefined,
  written: WriteTarget,
  update: ScopedWrite,
  place: Place,
): readonly SetColumn[] {
  return (targetList ?? []).map((node): SetColumn => {
    const target = 'ResTarget' in node ? node.ResTarget : undefined
    const val = target?.val
    if (!target || !val) throw new LockstepError('execution.statement-unsupported')
    const { name, fieldClass } = columnToWrite(written, target.name, update.classes)
    const after = update.classes.get(fieldClass)
    const { columns, plainWhere } = written.read
    if (!after || !columns.some((item) => item.name === name)) throw new LockstepError('execution.column-unknown')
    const readable = plainWhere.get(name)
    if (plainWhere.has(name) && !readable) throw new LockstepError('execution.write-denied')
    resolveValue(val, place)
    return {
      target: { val, replace: (value) => void Object.assign(target, { val: value }) },
      before: allOf([readable, after]),
      after,
    }
  })
}

function resolveValue(val: Node, place: Place): void {
  if ('SetToDefault' in val) return
  if (!('MultiAssignRef' in val)) {
    resolveExpression(val, place)
    return
  }
  const { source } = val.MultiAssignRef
  if (!source) throw new LockstepError('execution.statement-unsupported')
  const items = 'RowExpr' in source ? (source.RowExpr.args ?? []) : [source]
  for (const item of items) if (!('SetToDefault' in item)) resolveExpression(item, place)
}

/** What must be computed for the row as it was: neither a default nor a part of a row can wait for a condition. */
export function isValue(val: Node): boolean {
  return !('SetToDefault' in val) && !('MultiAssignRef' in val)
}
