import { LockstepError } from '@lockstep/core'
import { notReleased } from '../grammar/hints.ts'
import { parseText } from './parser.ts'
import { isWrite, type Statement } from './statement.ts'
import { stripLocations } from './strip-locations.ts'

/**
 * Parses a gated text into the one statement that it must be, without locations. Throws `execution.statement-invalid` for none
 * or several statements, and `execution.statement-unsupported` for a statement of any other kind.
 */
export function parseStatement(text: string): Statement {
  return stripLocations(parseLocated(text))
}

/** The same with locations, as the parser made them. */
export function parseLocated(text: string): Statement {
  if (text.trim() === '') throw new LockstepError('execution.statement-invalid')
  const statements = parseText(text).stmts ?? []
  const only = statements[0]?.stmt
  if (statements.length !== 1 || !only) throw new LockstepError('execution.statement-invalid')
  if ('SelectStmt' in only || isWrite(only)) return only
  throw new LockstepError('execution.statement-unsupported', notReleased(Object.keys(only)[0] ?? ''))
}
