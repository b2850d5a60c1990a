import { isLockstepError, LockstepError } from '@lockstep/core'
import { isWriteDenied } from '@lockstep/execution'

/** Takes a database error in full. */
export type OnDatabaseError = (error: unknown) => void

/**
 * What a caller is told of a database error: the class of its SQLSTATE, nothing that the database wrote. A message of
 * PostgreSQL can quote the value that it stumbled over.
 */
export function databaseFailure(error: unknown, onDatabaseError: OnDatabaseError | undefined): LockstepError {
  if (isLockstepError(error)) return error
  if (isWriteDenied(error)) return new LockstepError('execution.write-denied')
  try {
    onDatabaseError?.(error)
  } catch {
    // a sink that fails must not put its own error in the place of the generic one
  }
  return new LockstepError('execution.database-failed', sqlStateClass(error))
}

/** What a statement is settled with that was sent and failed. */
export function failedAs(failure: unknown): 'failed' | 'denied' {
  return isLockstepError(failure) && failure.code === 'execution.write-denied' ? 'denied' : 'failed'
}

function sqlStateClass(error: unknown): string | undefined {
  const state = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? `SQLSTATE class ${state.slice(0, 2)}` : undefined
}
