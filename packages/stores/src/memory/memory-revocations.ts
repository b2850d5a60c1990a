import { RESTORED, type RevocationStore, type Standing, UNTIL_RESTORED } from '@lockstep/core'
import { checkRevocation } from '../check-use.ts'
import type { FeedHub } from '../feed/create-feed-hub.ts'
import type { OpenState } from './open-state.ts'

/** Revocations in this process, which its single-use store asks without waiting. */
export interface MemoryRevocations extends RevocationStore {
  /** Whether one of these was revoked. */
  covers(standing: readonly Standing[]): boolean
}

interface Known {
  readonly until: number
  readonly revision: number
}

/** Creates revocations in this process. Nothing is ever forgotten: there are as many as an operator made. */
export function createMemoryRevocations(open: OpenState, hub: Pick<FeedHub, 'tell'>): MemoryRevocations {
  const known = new Map<string, Known>()

  function change(name: string, until: number): void {
    const next = { until, revision: (known.get(name)?.revision ?? 0) + 1 }
    known.set(name, next)
    hub.tell({ name, ...next })
  }

  return {
    async revoke(name, at) {
      open.check()
      checkRevocation(name, at)
      change(name, Math.max(at, known.get(name)?.until ?? at))
    },
    async restore(name) {
      open.check()
      checkRevocation(name, RESTORED)
      if (known.get(name)?.until !== UNTIL_RESTORED) return false
      change(name, RESTORED)
      return true
    },
    covers: (standing) =>
      standing.some(({ name, issuedAt }) => issuedAt <= (known.get(name)?.until ?? Number.NEGATIVE_INFINITY)),
  }
}
