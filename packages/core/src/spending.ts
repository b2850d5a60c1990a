/** How much of what is asked: everything that was reserved or spent of one counter in the window that ends now. */
export interface CountedWindow {
  /** The name of a counter: a digest of what is counted and for whom. */
  readonly counter: string
  /** Milliseconds. What lies as long ago as this, or longer, does not count any more. */
  readonly window: number
}

/** What one counter holds. */
export interface Spent {
  readonly counter: string
  /** The sum of what was reserved and spent in the window: a safe integer, 0 where there is nothing. */
  readonly amount: number
  /** The call that reserved last, whenever that was; absent where none did. Whoever reserves next names it. */
  readonly last?: string | undefined
}

/** What somebody did: a use of a tool, of a resource, or of an hour of the clock. */
export interface KnownUse {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly first: number
  /** Milliseconds since the epoch. */
  readonly last: number
  readonly times: number
}

/** Whose uses are asked, and which. */
export interface UsesQuestion {
  /** A digest of who is meant. */
  readonly of: string
  readonly names: readonly string[]
  /** Whether every use whose name begins with this is asked as well. @defaultValue none */
  readonly prefix?: string | undefined
  /** Uses whose last time is before this do not count any more. Milliseconds since the epoch. */
  readonly since: number
}

/** What is asked before a call is decided on. */
export interface SpendingQuestion {
  /** The moment that the decision is for, in milliseconds since the epoch. */
  readonly at: number
  readonly counters: readonly CountedWindow[]
  readonly uses?: UsesQuestion | undefined
}

/** What was answered, as it was at one moment. */
export interface SpendingAnswer {
  /** In the order of the question. */
  readonly spent: readonly Spent[]
  /** Those that there are, by name. */
  readonly uses: readonly KnownUse[]
}

/** What one call takes of one counter, on the grounds of what was read of it. */
export interface ReservedAmount extends CountedWindow {
  /** A safe integer, 0 or more. */
  readonly amount: number
  /** As it was read: who reserved last. */
  readonly last?: string | undefined
}

/** What one call takes before it runs. */
export interface SpendingReservation {
  /** The id of the authorized call: the owner. */
  readonly call: string
  /** The moment that it was decided for, in milliseconds since the epoch: it counts from then on, whatever the clock says now. */
  readonly at: number
  /** When the call must have ended, in milliseconds since the epoch: a reservation that stands longer has an unknown outcome. */
  readonly expiresAt: number
  readonly amounts: readonly ReservedAmount[]
  /** What is used with it, and how long that is remembered, in milliseconds. @defaultValue nothing */
  readonly uses?: { readonly of: string; readonly names: readonly string[]; readonly remember: number } | undefined
}

/**
 * Remembers what calls have spent in sliding windows: amounts, counts, and which tools and resources were used.
 *
 * INVARIANT: whoever reserves names what they decided on (`last` of every counter). It is taken only where nobody reserved in between, so that
 * of any number of concurrent calls each was decided on the sum of all that were let through before it. A reservation counts like what was
 * spent, from the moment that it is made: only `release` and an operator's word take it away.
 */
export interface SpendingStore {
  /** What counts at a moment: all of it read at once. */
  read(question: SpendingQuestion): Promise<SpendingAnswer>
  /** Takes all of it, or nothing. Resolves to false, with nothing taken, when another call reserved of one of the counters since it was read. Durable when it resolves. */
  reserve(reservation: SpendingReservation): Promise<boolean>
  /** The call has ended, whatever came of it: what it reserved is spent. */
  settle(call: string): Promise<void>
  /** Gives everything back that a call reserved: it provably did not run. What was settled stays. */
  release(reservation: SpendingReservation): Promise<void>
  /** The reservations of calls whose outcome is unknown, oldest first, for an operator. */
  unresolved(): Promise<readonly { readonly call: string; readonly at: number }[]>
  /** An operator's word on one of them: `happened` lets it be spent, `did-not-happen` gives it back. False when it is not unknown. */
  resolve(call: string, outcome: 'happened' | 'did-not-happen'): Promise<boolean>
}
