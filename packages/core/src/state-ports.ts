/** Whose history, approvals and retries these are. One subject through one actor at one issuer; a trace or connection is no part of it. */
export interface CallerKey {
  readonly issuer: string
  readonly subject: string
  readonly actor: string
}

/**
 * What a caller has already been given, over a policy window. A client cannot shed it: it is kept per caller, and committed
 * before the rows that caused it are released.
 */
export interface HistoryStore {
  /** The labels that are in force now. */
  labels(caller: CallerKey): Promise<readonly string[]>
  /** Raises labels until `expiresAt` (milliseconds since the epoch), or later where they already last longer. Durable when it resolves. */
  raise(caller: CallerKey, labels: readonly string[], expiresAt: number): Promise<void>
}

/** What became of a call that carried an idempotency key. */
export type IdempotencyRecord =
  /** The call was let through and its outcome is not known yet; after a crash it stays so until an operator resolves it. */
  | { readonly state: 'reserved'; readonly digest: string; readonly call: string; readonly at: number }
  /** `answer` is what was released, as JSON text. */
  | {
      readonly state: 'committed'
      readonly digest: string
      readonly call: string
      readonly at: number
      readonly answer: string
    }
  /** The process died between consumption and outcome, or the outcome could not be kept: nobody knows whether the effect happened. */
  | { readonly state: 'unknown'; readonly digest: string; readonly call: string; readonly at: number }

/** Remembers answers for retries, so that a lost answer can be fetched again without a second effect. */
export interface IdempotencyStore {
  get(key: string): Promise<IdempotencyRecord | undefined>
  /**
   * Reserves a key for one call. Resolves to undefined when it is now reserved, else to the record that stands already; of
   * several racers one reserves. `digest` tells other arguments under the same key apart; `call` is the authorized call's id.
   */
  reserve(
    key: string,
    entry: { readonly digest: string; readonly call: string; readonly expiresAt: number },
  ): Promise<IdempotencyRecord | undefined>
  /** Keeps the released answer. Durable when it resolves. */
  commit(key: string, answer: string): Promise<void>
  /** Forgets the reservation of this call, which provably did not run; never that of another one. */
  release(key: string, call: string): Promise<void>
  /** Counts the reserved call as one whose outcome is unknown: it may have run, and its answer was not kept. Nothing else is changed. */
  abandon(key: string, call: string): Promise<void>
  /** The records whose outcome is unknown, oldest first, for an operator. */
  unresolved(): Promise<readonly { readonly key: string; readonly call: string; readonly at: number }[]>
  /** An operator's word on one of them: `happened` closes it for good, `did-not-happen` lets a retry run. False when it is not unknown. */
  resolve(key: string, outcome: 'happened' | 'did-not-happen'): Promise<boolean>
}

/** At most `points` uses in every window of `seconds`; a window begins with its first use. */
export interface RateLimit {
  readonly points: number
  readonly seconds: number
}

/** Counts uses against limits, for all processes that share the state. */
export interface RateLimiter {
  /**
   * Counts one use of `key` under the limit called `name`. Resolves to 0 while it is within the limit, else to the milliseconds until
   * the window ends. What is refused does not make the window longer. Rejects when it cannot count: the caller must then deny.
   */
  take(name: string, key: string, limit: RateLimit): Promise<number>
}
