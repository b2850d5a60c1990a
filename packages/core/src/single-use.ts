import type { Standing } from './revocation.ts'

/** What may be used once. Times are whole milliseconds since the epoch. */
export interface SingleUse {
  /**
   * `dpop`: a proof. A store may lose these, if it then refuses all that were issued before the loss. `txn`: a transaction token, whose use
   * is on disk before it counts.
   */
  readonly space: 'dpop' | 'txn'
  /** 1 to 1024 characters. */
  readonly id: string
  readonly issuedAt: number
  /** The id is remembered at least until then. */
  readonly expiresAt: number
  /** What it, and the credential beside it, stand under: none of it may be revoked. */
  readonly standing: readonly Standing[]
}

/** What became of a use: its first, not its first (or too late to tell), or refused because what it stands under was revoked. */
export type Consumption = 'consumed' | 'used' | 'revoked'

/** Remembers what was used. */
export interface SingleUseStore {
  /**
   * Uses something up, atomically, unless what it stands under is revoked: one statement decides on both. A use that is revoked or too late
   * leaves nothing behind. Rejects with `state.unavailable` when the store does not know, and with `TypeError` for a malformed use; the
   * caller then denies.
   */
  consume(use: SingleUse): Promise<Consumption>
  /** Whether an id is remembered as consumed. Only for telling a replay from another refusal: `consume` alone decides. */
  wasConsumed(space: SingleUse['space'], id: string): Promise<boolean>
  /** Whether one of these was revoked: for a credential beside which nothing is used up. */
  isRevoked(standing: readonly Standing[]): Promise<boolean>
}
