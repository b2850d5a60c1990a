import type { WrittenAs } from '@lockstep/core'
import { isWrite, type Statement } from '../statement/statement.ts'

/**
 * What the answer of a resolved statement that writes, itself or in its WITH, will mean.
 *
 * @param returns whether it was written to return anything
 */
export function writtenAs(statement: Statement, returns: boolean): WrittenAs {
  if (!isWrite(statement)) return { command: 'SELECT', answers: 'rows' }
  const [command, { returningClause }] =
    'InsertStmt' in statement
      ? (['INSERT', statement.InsertStmt] as const)
      : 'UpdateStmt' in statement
        ? (['UPDATE', statement.UpdateStmt] as const)
        : (['DELETE', statement.DeleteStmt] as const)
  return { command, answers: returns || !returningClause ? 'rows' : 'marks' }
}
