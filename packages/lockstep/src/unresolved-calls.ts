import type { IdempotencyStore, JobStore, SpendingStore } from '@lockstep/core'

/** What remembers calls whose outcome may be unknown. */
export interface UnresolvedState {
  readonly idempotency: IdempotencyStore
  readonly spending: SpendingStore
  readonly jobs: JobStore
}

/** A call whose outcome nobody knows. */
export interface UnresolvedCall {
  /** What it is named by: its idempotency key, or its id where it had none; a job by its own id. */
  readonly key: string
  readonly call: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whether a retry waits for the answer. */
  readonly isKeyed: boolean
  /** What it was granted for, where it is a job. */
  readonly purpose?: string
  /** The call that it ran as, where it is a job. */
  readonly run?: string | undefined
}

/**
 * Lists the calls whose outcome is unknown, oldest first: those that a retry waits for, those that reserved an amount, and jobs whose runner never
 * said how they ended.
 */
export async function unresolvedCalls({
  idempotency,
  spending,
  jobs,
}: UnresolvedState): Promise<readonly UnresolvedCall[]> {
  const open = (await jobs.open()).filter(({ state }) => state === 'unknown')
  const keyed = await idempotency.unresolved()
  const told = new Set([...keyed.map(({ call }) => call), ...open.map(({ run }) => run)])
  const spent = (await spending.unresolved()).filter(({ call }) => !told.has(call))
  return [
    ...keyed.map((one) => ({ ...one, isKeyed: true })),
    ...spent.map(({ call, at }) => ({ key: call, call, at, isKeyed: false })),
    ...open.map(({ id, call, run, changedAt: at, purpose }) => ({ key: id, call, run, at, isKeyed: false, purpose })),
  ].sort((a, b) => a.at - b.at)
}
