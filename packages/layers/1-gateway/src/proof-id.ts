import { createHash } from 'node:crypto'
import type { VerifiedProof } from '@lockstep/tokens'

/** Where used proofs are remembered. */
export const PROOF_SPACE = 'dpop'

/** What a proof is remembered by. It holds the key, so that nobody can use up the `jti` of somebody else's proof. */
export function proofId({ jkt, jti }: VerifiedProof): string {
  return createHash('sha256').update(`${jkt}.${jti}`).digest('base64url')
}
