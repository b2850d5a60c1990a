import type { Caller, Denial, SingleUseStore } from '@lockstep/core'
import type { VerifiedProof } from '@lockstep/tokens'
import { PROOF_SPACE, proofId } from './proof-id.ts'

/** Counts one request of a verified subject through a verified actor; the denial when that is too many. */
export type Meter = (who: Pick<Caller, 'subject' | 'actor'>) => Promise<Denial | undefined>

/**
 * Counts a request that everything else admits. Denies with what the meter says, `gateway.proof-replayed`, or `state.unavailable` when
 * nothing can be counted.
 *
 * INVARIANT: only who holds the key is counted. A token without its key does not get here, and a captured request is told by its proof
 * before it is counted; so nobody uses up the budget of somebody else. Neither is a request counted that is refused for its body: its proof is
 * still good, and whoever captured it could have it counted again and again.
 */
export async function meterRequest(
  meter: Meter,
  store: Pick<SingleUseStore, 'wasConsumed'>,
  proof: VerifiedProof | undefined,
  who: Pick<Caller, 'subject' | 'actor'>,
): Promise<Denial | undefined> {
  try {
    const replayed = proof && (await store.wasConsumed(PROOF_SPACE, proofId(proof))) !== false
    return replayed ? { code: 'gateway.proof-replayed' } : await meter(who)
  } catch {
    return { code: 'state.unavailable' }
  }
}
