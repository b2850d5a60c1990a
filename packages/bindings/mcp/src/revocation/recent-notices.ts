import type { RevocationNotice, Standing } from '@lockstep/core'

/** Notices that were heard a short while ago, for requests that were on their way meanwhile. */
export interface RecentNotices {
  /** How many were ever added. */
  readonly count: number
  add(notice: RevocationNotice): void
  /** Whether one of them revokes something of this. */
  covers(standing: readonly Standing[]): boolean
}

/** No request is on its way for longer: its head, its body and the store have bounds below it. Milliseconds. */
const LONGEST_PASSAGE_MS = 600_000

/** Creates them. Forgotten by the time that passes, oldest first. */
export function createRecentNotices(): RecentNotices {
  const known = new Map<string, { readonly until: number; readonly at: number }>()
  let count = 0

  function forget(now: number): void {
    for (const [name, { at }] of known) {
      if (at > now - LONGEST_PASSAGE_MS) return
      known.delete(name)
    }
  }

  return {
    get count() {
      return count
    },
    add({ name, until }) {
      count += 1
      const now = performance.now()
      forget(now)
      const before = known.get(name)?.until ?? until
      // Newest last.
      known.delete(name)
      known.set(name, { until: Math.max(until, before), at: now })
    },
    covers: (standing) =>
      standing.some(({ name, issuedAt }) => issuedAt <= (known.get(name)?.until ?? Number.NEGATIVE_INFINITY)),
  }
}
