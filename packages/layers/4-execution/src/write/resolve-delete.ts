import type { DeleteStmt } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { resolveCtes } from '../resolve/resolve-ctes.ts'
import type { SelectPlace } from '../resolve/statement-context.ts'
import { resolveReturning } from './resolve-returning.ts'
import { rowsToChange } from './rows-to-change.ts'
import { settleTarget } from './settle-target.ts'
import { rowConditions, writeTarget } from './write-target.ts'

/** Resolves DELETE: of the rows that it names, those go that the caller may see and delete. */
export function resolveDelete(statement: DeleteStmt, around: SelectPlace): readonly ScopedColumn[] {
  const { context } = around
  const ctes = resolveCtes(statement.withClause, around)
  const target = writeTarget(statement.relation, context)
  const row = rowConditions(target, context.write(target.table, 'delete'))
  const place = rowsToChange(statement, statement.usingClause, target, row, { ctes, context })
  const output = resolveReturning(statement, place)
  context.pending.push(() => settleTarget(statement, target, context))
  return output
}
