import { type Denial, isLockstepError, type SingleUseStore, type Standing } from '@lockstep/core'
import type { VerifiedProof } from '@lockstep/tokens'
import { PROOF_SPACE, proofId } from './proof-id.ts'

/**
 * Uses a proof up, unless the access token that it came with stands under something that was revoked; without a proof, only asks that.
 * Answers the denial `gateway.proof-replayed`, `gateway.token-revoked`, `state.feed-silent`, or `state.unavailable` when the store does not say; undefined when
 * the token stands and this was the first use of the proof.
 *
 * INVARIANT: called last, after every other check, those of the body too: a request that is refused uses nothing up.
 */
export async function consumeProof(
  store: Pick<SingleUseStore, 'consume' | 'isRevoked'>,
  proof: VerifiedProof | undefined,
  standing: readonly Standing[],
): Promise<Denial | undefined> {
  try {
    if (!proof) return (await store.isRevoked(standing)) === false ? undefined : { code: 'gateway.token-revoked' }
    const { issuedAt, expiresAt } = proof
    const id = proofId(proof)
    const consumption = await store.consume({ space: PROOF_SPACE, id, issuedAt, expiresAt, standing })
    if (consumption === 'consumed') return undefined
    return { code: consumption === 'revoked' ? 'gateway.token-revoked' : 'gateway.proof-replayed' }
  } catch (error) {
    return { code: isLockstepError(error) && error.code === 'state.feed-silent' ? error.code : 'state.unavailable' }
  }
}
