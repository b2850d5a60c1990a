import { LockstepError } from '@lockstep/core'
import type { UpdateStmt } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { resolveCtes } from '../resolve/resolve-ctes.ts'
import type { SelectPlace } from '../resolve/statement-context.ts'
import { allOf, onlyWhere } from './permitted-where.ts'
import { demandOfRows, resolveReturning } from './resolve-returning.ts'
import { rowsToChange } from './rows-to-change.ts'
import { isValue, setColumns } from './set-columns.ts'
import { settleTarget } from './settle-target.ts'
import { rowConditions, writeTarget } from './write-target.ts'

/**
 * Resolves UPDATE. Of the rows that it names, those change that the caller may see and change; each must be one that the caller may see and
 * change afterwards as well.
 */
export function resolveUpdate(statement: UpdateStmt, around: SelectPlace): readonly ScopedColumn[] {
  const { context } = around
  const ctes = resolveCtes(statement.withClause, around)
  const target = writeTarget(statement.relation, context)
  const update = context.write(target.table, 'update')
  const row = rowConditions(target, update)
  const place = rowsToChange(statement, statement.fromClause, target, row, { ctes, context })
  const set = setColumns(statement.targetList, target, update, place)
  for (const { before, target: cell } of set) {
    if (before && !isValue(cell.val)) {
      throw new LockstepError('execution.statement-unsupported', 'set a column that is not for every row to a value')
    }
  }
  const output = resolveReturning(statement, place)
  context.pending.push(() => {
    for (const { before, target: cell } of set) cell.replace(onlyWhere(before && target.own(before), cell.val))
    const after = allOf([...row, ...set.map((item) => item.after)])
    demandOfRows(statement, after && target.own(after))
    settleTarget(statement, target, context)
  })
  return output
}
