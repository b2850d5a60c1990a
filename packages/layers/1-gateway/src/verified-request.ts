import type { Caller, Outcome } from '@lockstep/core'

/** A request whose token and proof are good, and with which nothing has happened yet. */
export interface VerifiedRequest {
  /**
   * Admits it: counts it against its limits, uses its proof up, and seals who called. Denies with `gateway.rate-limited`,
   * `gateway.proof-replayed`, `gateway.token-revoked`, or `state.unavailable`; only what was admitted has used its proof up.
   *
   * INVARIANT: asked last, when nothing but a decision can still refuse the request. Whoever refuses it for another reason does so before,
   * and its proof is then good for the mended request.
   */
  admit(): Promise<Outcome<Caller>>
}
