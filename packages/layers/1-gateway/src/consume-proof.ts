import { createHash } from 'node:crypto'
import type { Denial, SingleUseStore } from '@lockstep/core'
import type { VerifiedProof } from '@lockstep/tokens'

/**
 * Uses a proof up. Answers the denial `gateway.proof-replayed`, or `state.unavailable` when the store does not say; undefined when this
 * was its first use.
 *
 * INVARIANT: called last, after every other check: a request that is refused uses nothing up. The id holds the key, so nobody
 * can use up the `jti` of somebody else's proof.
 */
export async function consumeProof(
  store: Pick<SingleUseStore, 'consume'>,
  { jkt, jti, expiresAt }: VerifiedProof,
): Promise<Denial | undefined> {
  const id = createHash('sha256').update(`${jkt}.${jti}`).digest('base64url')
  try {
    return (await store.consume('dpop', id, expiresAt)) === true ? undefined : { code: 'gateway.proof-replayed' }
  } catch {
    return { code: 'state.unavailable' }
  }
}
