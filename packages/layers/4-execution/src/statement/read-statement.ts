import { LockstepError } from '@lockstep/core'
import { checkNames } from '../grammar/check-names.ts'
import { checkRows } from '../grammar/check-rows.ts'
import { checkShape } from '../grammar/check-shape.ts'
import type { ReleasedNames } from '../grammar/released.ts'
import { countParameters } from './count-parameters.ts'
import { parseStatement } from './parse-statement.ts'
import type { Statement } from './statement.ts'

/** A statement of which every part is one that may be released. */
export interface ReadStatement {
  readonly statement: Statement
  /** How many parameters it takes: `$1` to `$n`, each of them used. */
  readonly parameters: number
  /** How often each of them stands in it. */
  readonly uses: ReadonlyMap<number, number>
}

/** Reads a gated text. Throws LockstepError with a code of the execution layer. */
export function readStatement(sql: string, released?: ReleasedNames): ReadStatement {
  const statement = parseStatement(sql)
  for (const [kind, value] of Object.entries(statement)) checkShape(kind, value, released)
  checkNames(statement)
  checkRows(statement)
  const uses = countParameters(statement)
  if (uses === undefined) throw new LockstepError('execution.statement-invalid', 'it leaves a parameter out')
  return { statement, parameters: uses.size, uses }
}
