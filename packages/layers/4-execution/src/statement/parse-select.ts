import { LockstepError } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import { parseStatement } from './parse-statement.ts'

/** Parses a gated text into the one SELECT that it must be. Throws as `parseStatement` does. */
export function parseSelect(text: string): SelectStmt {
  const statement = parseStatement(text)
  if ('SelectStmt' in statement) return statement.SelectStmt
  throw new LockstepError('execution.statement-unsupported', 'only SELECT is released here')
}
