import { type ErrorCode, isLockstepError, LockstepError } from '@lockstep/core'

/**
 * Asks a port, so that whatever goes wrong there is a fault of the house with a code: the port's own, else the one given.
 *
 * @throws LockstepError
 */
export async function askPort<T>(code: ErrorCode, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isLockstepError(error)) throw error
    // Without its cause: a driver's error holds the statement and its parameters.
    throw new LockstepError(code)
  }
}
