import { inTime, isLockstepError, LockstepError } from '@lockstep/core'

/** How a source is asked. */
export interface SourceLimits {
  /** Milliseconds that one answer may take. */
  readonly factsMs: number
  /** Values that one answer may hold. */
  readonly factValues: number
}

/** Asks somebody's code one thing, and takes its answer through `read`. */
export type AskSource = <T>(ask: () => Promise<unknown>, read: (answer: unknown) => T) => Promise<T>

/** Answers that a source may owe at once, late ones included: one that never answers must not fill the memory with those who wait. */
const MOST_OPEN = 1_000

/**
 * Creates what a source of facts is asked through: in time, with whatever goes wrong there as a code, and its answer copied.
 *
 * Rejects with `policy.facts-unavailable` for a source that throws, is late or owes too many answers, with the source's own LockstepError, and
 * with what `read` throws.
 */
export function createAskSource({ factsMs }: SourceLimits): AskSource {
  let open = 0
  return async (ask, read) => {
    if (open >= MOST_OPEN) throw new LockstepError('policy.facts-unavailable')
    open += 1
    const answer = (async () => ask())().finally(() => {
      open -= 1
    })
    // Without their causes: a driver's error holds the statement and its parameters.
    const given = await inTime(answer, factsMs).catch((error: unknown) => {
      throw isLockstepError(error) ? error : new LockstepError('policy.facts-unavailable')
    })
    try {
      return read(given)
    } catch (error) {
      throw isLockstepError(error) ? error : new LockstepError('policy.facts-invalid')
    }
  }
}
