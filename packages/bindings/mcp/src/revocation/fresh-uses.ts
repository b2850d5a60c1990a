import { LockstepError, type RevocationFeed, type SingleUseStore } from '@lockstep/core'

/** How long a feed may be silent. */
export interface Freshness {
  readonly feed: Pick<RevocationFeed, 'silence'>
  /** Milliseconds. */
  readonly bound: number
}

/** Whether what was revoked elsewhere may be unknown here. */
export function isSilent({ feed, bound }: Freshness): boolean {
  return feed.silence() > bound
}

/**
 * The same store for an instance that must know what was revoked elsewhere: while its feed is silent beyond the bound nothing is used up, and
 * everything that would be is denied with `state.feed-silent`. Every request uses something up or asks whether it may, so this is the one place.
 */
export function freshUses(store: SingleUseStore, freshness: Freshness): SingleUseStore {
  const check = () => {
    if (isSilent(freshness)) throw new LockstepError('state.feed-silent')
  }
  return {
    async consume(use) {
      check()
      return store.consume(use)
    },
    async isRevoked(standing) {
      check()
      return store.isRevoked(standing)
    },
    wasConsumed: (space, id) => store.wasConsumed(space, id),
  }
}
