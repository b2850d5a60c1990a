import { isLasting, type RevocationFeed, type RevocationListener, type RevocationNotice } from '@lockstep/core'

/** Hands what was revoked on to whoever listens in this process. */
export interface FeedHub extends Pick<RevocationFeed, 'subscribe'> {
  /** Tells everybody. What lasts is told once, and never after something newer. */
  tell(notice: RevocationNotice): void
  /** Tells everybody that something may have been missed. */
  tellMissed(): void
}

/** Creates the hub of one state. Whatever reports a revocation first, this process or another, reports it here. */
export function createFeedHub(): FeedHub {
  const lasting = new Map<string, RevocationNotice>()
  const listeners = new Set<RevocationListener>()
  return {
    tell(notice) {
      if (isLasting(notice)) {
        // INVARIANT: a restoration and a revocation that overtake each other on two ways end as the store has it.
        if (notice.revision <= (lasting.get(notice.name)?.revision ?? 0)) return
        lasting.set(notice.name, notice)
      }
      for (const listener of listeners) listener.heard(notice)
    },
    tellMissed() {
      for (const listener of listeners) listener.missed()
    },
    subscribe(listener) {
      for (const notice of lasting.values()) listener.heard(notice)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
