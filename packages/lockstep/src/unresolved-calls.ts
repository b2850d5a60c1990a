import type { IdempotencyStore, SpendingStore } from '@lockstep/core'

/** What remembers calls whose outcome may be unknown. */
export interface UnresolvedState {
  readonly idempotency: IdempotencyStore
  readonly spending: SpendingStore
}

/** A call whose outcome nobody knows. */
export interface UnresolvedCall {
  /** What it is named by: its idempotency key, or its id where it had none. */
  readonly key: string
  readonly call: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whether a retry waits for the answer. */
  readonly isKeyed: boolean
}

/** Lists the calls whose outcome is unknown, oldest first: those that a retry waits for, and those that reserved an amount. */
export async function unresolvedCalls({ idempotency, spending }: UnresolvedState): Promise<readonly UnresolvedCall[]> {
  const keyed = await idempotency.unresolved()
  const spent = (await spending.unresolved()).filter(({ call }) => !keyed.some((one) => one.call === call))
  return [
    ...keyed.map((one) => ({ ...one, isKeyed: true })),
    ...spent.map(({ call, at }) => ({ key: call, call, at, isKeyed: false })),
  ].sort((a, b) => a.at - b.at)
}
