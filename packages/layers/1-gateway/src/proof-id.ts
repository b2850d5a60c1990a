import type { VerifiedProof } from '@lockstep/tokens'

/** Where used proofs are remembered. */
export const PROOF_SPACE = 'dpop'

/**
 * What a proof is remembered by. It holds the key, so that nobody can use up the `jti` of somebody else's proof. A
 * thumbprint is 43 characters long, so no two pairs share an id; stores digest it.
 */
export function proofId({ jkt, jti }: VerifiedProof): string {
  return `${jkt}.${jti}`
}
