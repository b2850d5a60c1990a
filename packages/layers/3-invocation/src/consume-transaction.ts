import {
  type Clock,
  type Denial,
  digest,
  isLockstepError,
  type SingleUseStore,
  type Standing,
  standingUnder,
} from '@lockstep/core'
import type { TxnToken } from '@lockstep/tokens'

/**
 * Uses a transaction token up. Answers the denial `invocation.txn-token-replayed`, `invocation.txn-token-invalid` when it expired since it
 * was verified or its subject, actor or itself was revoked since it was issued, or `state.unavailable` when the store does not say;
 * undefined when this was its first use.
 *
 * INVARIANT: called last, after every other check: a call that is refused uses nothing up. What was used stays used, whatever becomes of the
 * call.
 */
export async function consumeTransaction(
  store: Pick<SingleUseStore, 'consume'>,
  token: TxnToken,
  clock: Clock,
): Promise<Denial | undefined> {
  const expiresAt = token.expiresAt * 1000
  if (clock() >= expiresAt) return { code: 'invocation.txn-token-invalid', detail: 'it has expired' }
  const issuedAt = Math.floor(token.issuedAt * 1000)
  const use = { space: 'txn', id: useId(token), issuedAt, expiresAt, standing: standingOf(token) } as const
  try {
    const consumption = await store.consume(use)
    if (consumption === 'consumed') return undefined
    if (consumption === 'revoked') return { code: 'invocation.txn-token-invalid', detail: 'it was revoked' }
    return { code: 'invocation.txn-token-replayed' }
  } catch (error) {
    return { code: isLockstepError(error) && error.code === 'state.feed-silent' ? error.code : 'state.unavailable' }
  }
}

/**
 * Answers `invocation.txn-token-replayed` for a token that was used already, before anything else is decided: what the policy says of a
 * call that already happened would hide it. Answers undefined otherwise; `consumeTransaction` alone decides.
 */
export async function refuseUsedTransaction(
  store: Pick<SingleUseStore, 'wasConsumed'>,
  token: TxnToken,
): Promise<Denial | undefined> {
  try {
    return (await store.wasConsumed('txn', useId(token))) ? { code: 'invocation.txn-token-replayed' } : undefined
  } catch {
    return { code: 'state.unavailable' }
  }
}

/**
 * Answers `invocation.txn-token-invalid` for a token that was revoked: what replaces it would stand under a newer time. Answers undefined
 * otherwise.
 */
export async function refuseRevokedTransaction(
  store: Pick<SingleUseStore, 'isRevoked'>,
  token: TxnToken,
): Promise<Denial | undefined> {
  try {
    const isRevoked = await store.isRevoked(standingOf(token))
    return isRevoked ? { code: 'invocation.txn-token-invalid', detail: 'it was revoked' } : undefined
  } catch (error) {
    return { code: isLockstepError(error) && error.code === 'state.feed-silent' ? error.code : 'state.unavailable' }
  }
}

/** What a token stands under: its subject, its actors, itself, and the one that its transaction began with. */
function standingOf({ issuer, id, transactionId = id, issuedAt, subject, actors }: TxnToken): readonly Standing[] {
  return standingUnder(issuedAt, [
    { subject },
    ...actors.map((actor) => ({ actor })),
    { token: { issuer, id } },
    ...(transactionId === id ? [] : [{ token: { issuer, id: transactionId } }]),
  ])
}

/** The most characters that stores take for an id. */
const MAX_USE_ID = 1_024

/** An id counts in its trust domain; the length keeps the two apart, and a digest has no colon. Stores digest what they keep. */
function useId({ trustDomain, id }: TxnToken): string {
  const text = `${trustDomain.length}:${trustDomain}${id}`
  return text.length <= MAX_USE_ID ? text : digest([trustDomain, id])
}
