import { LockstepError } from '@lockstep/core'
import type { StatementOptions } from './driver.ts'

/** A statement as `pg` takes it, as far as it can be guarded. */
export interface StatementConfig {
  readonly text: string
  readonly values?: readonly unknown[] | undefined
  /** `'array'`: rows are arrays, so that columns of the same name all show. */
  readonly rowMode?: 'array' | 'object' | undefined
  /** Taken and not used: a statement is prepared by PostgreSQL each time, as it was rewritten for the call. */
  readonly name?: string | undefined
}

/** What a client was asked to send. */
export interface GivenStatement {
  readonly text: string
  readonly parameters: readonly unknown[]
  readonly options: StatementOptions | undefined
}

const KNOWN = ['text', 'values', 'rowMode', 'name']

/**
 * Reads the arguments of `query`. What would give the driver code or objects to run (submittables such as cursors and COPY, type parsers,
 * callbacks) is refused.
 *
 * @throws LockstepError `execution.statement-unsupported`
 */
export function readStatement(
  given: string | StatementConfig,
  values: unknown,
  further: readonly unknown[],
): GivenStatement {
  if (further.some((one) => one !== undefined) || typeof values === 'function') refuse('`query` answers with a promise')
  if (typeof given === 'string') return { text: given, parameters: readValues(values), options: undefined }
  if (typeof given !== 'object' || given === null) refuse('expected a text or `{ text, values }`')
  // attacker-controlled: an object may answer differently each time it is asked, so every member is read once
  const { text, values: own, rowMode, name } = given
  if ('submit' in given || !Object.keys(given).every((key) => KNOWN.includes(key))) {
    refuse('of a statement object, `text`, `values`, `rowMode` and `name` are taken')
  }
  if (typeof text !== 'string' || (name !== undefined && typeof name !== 'string'))
    refuse('expected `text` and `name` to be texts')
  if (rowMode !== undefined && rowMode !== 'array' && rowMode !== 'object') refuse("`rowMode` is 'array' or 'object'")
  const parameters = readValues(own ?? values)
  return { text, parameters, options: rowMode === 'array' ? { rowMode } : undefined }
}

function readValues(values: unknown): readonly unknown[] {
  if (values === undefined || values === null) return []
  if (!Array.isArray(values)) refuse('expected values in an array')
  return [...values]
}

function refuse(detail: string): never {
  throw new LockstepError('execution.statement-unsupported', detail)
}
