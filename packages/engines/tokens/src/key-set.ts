import type { CryptoKey, JWSHeaderParameters } from 'jose'

/** A JWK Set that keys are found in, by jose's rules. */
export interface KeySet {
  /** Rejects as jose does, for no key and for several, and when the set cannot be loaded. */
  find(header: JWSHeaderParameters): Promise<CryptoKey>
  /** Changes whenever the set does; undefined while it must be loaded first. */
  epoch(): number | undefined
}
