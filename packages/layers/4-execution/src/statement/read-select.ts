import { LockstepError } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import { checkNames } from '../grammar/check-names.ts'
import { checkRows } from '../grammar/check-rows.ts'
import { checkShape } from '../grammar/check-shape.ts'
import type { ReleasedNames } from '../grammar/released.ts'
import { countParameters } from './count-parameters.ts'
import { parseSelect } from './parse-select.ts'

/** A SELECT of which every part is one that may be released. */
export interface ReadSelect {
  readonly select: SelectStmt
  /** How many parameters it takes: `$1` to `$n`, each of them used. */
  readonly parameters: number
}

/** Reads a gated text. Throws LockstepError with a code of the execution layer. */
export function readSelect(sql: string, released?: ReleasedNames): ReadSelect {
  const select = parseSelect(sql)
  checkShape('SelectStmt', select, released)
  checkNames(select)
  checkRows(select)
  const parameters = countParameters(select)
  if (parameters === undefined) throw new LockstepError('execution.statement-invalid', 'it leaves a parameter out')
  return { select, parameters }
}
