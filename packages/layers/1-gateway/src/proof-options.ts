import { refuseUnknownOptions } from '@lockstep/core'
import type { ProofVerifierOptions } from '@lockstep/tokens'

/** What a caller must show beside its access token, and how that is judged. */
export interface ProofOptions extends Pick<ProofVerifierOptions, 'algorithms' | 'window'> {
  /**
   * `required`: every DPoP proof must hold a nonce of this server (RFC 9449 section 9), which ends the use of proofs that were made ahead.
   * @defaultValue none is asked for
   */
  readonly nonce?: 'required' | undefined
  /**
   * `accepted`: tokens may be bound to the client certificate of the connection (RFC 8705). Say so only where node itself terminates TLS and
   * verifies client certificates; the metadata announces it. @defaultValue such tokens are refused
   */
  readonly certificates?: 'accepted' | undefined
}

/** Throws `TypeError` for a misspelt option and for a value that cannot be meant. */
export function checkProofOptions(proof: ProofOptions): void {
  refuseUnknownOptions(proof, ['algorithms', 'window', 'nonce', 'certificates'], '`proof`')
  if (![undefined, 'required'].includes(proof.nonce)) throw new TypeError("`proof.nonce` expected 'required'")
  if (![undefined, 'accepted'].includes(proof.certificates)) {
    throw new TypeError("`proof.certificates` expected 'accepted'")
  }
}
