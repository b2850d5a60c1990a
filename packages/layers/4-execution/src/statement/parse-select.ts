import { LockstepError } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import { notReleased } from '../grammar/hints.ts'
import { parseText } from './parser.ts'
import { stripLocations } from './strip-locations.ts'

/**
 * Parses a gated text into the one SELECT that it must be, without locations. Throws `execution.statement-invalid` for none
 * or several statements, and `execution.statement-unsupported` for any other kind of statement.
 */
export function parseSelect(text: string): SelectStmt {
  if (text.trim() === '') throw new LockstepError('execution.statement-invalid')
  const statements = parseText(text).stmts ?? []
  const only = statements[0]?.stmt
  if (statements.length !== 1 || !only) throw new LockstepError('execution.statement-invalid')
  if (!('SelectStmt' in only)) {
    throw new LockstepError('execution.statement-unsupported', notReleased(Object.keys(only)[0] ?? ''))
  }
  return stripLocations(only.SelectStmt)
}
