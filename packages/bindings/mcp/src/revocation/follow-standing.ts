import {
  beginsEpoch,
  type Drill,
  drillName,
  isDrillName,
  isLasting,
  RESTORED,
  type RevocationFeed,
  revocableName,
} from '@lockstep/core'
import type { PolicyDecisionPoint } from '@lockstep/policy'

/**
 * Keeps a decision point as operators want it, wherever they said so: what is revoked until it is restored, and how many such changes there
 * were. Holds before it returns for everything that was said so far. Returns what ends it.
 *
 * @param drill What is revoked in it is revoked here too; what is revoked in any other drill is nobody's word on the policy.
 */
export function followStanding(
  feed: RevocationFeed,
  point: Pick<PolicyDecisionPoint, 'stand'>,
  drill?: Drill,
): () => void {
  const drilled = drill && drillName(drill)
  const real = drill ? revocableName({ permission: drill.permission }) : ''
  const revisions = new Map<string, number>()
  const revoked = new Set<string>()
  let isFollowing = false

  // Every instance knows of every change, so the sum is the same in all of them, and only grows.
  const stand = () =>
    point.stand({
      epoch: [...revisions.values()].reduce((sum, revision) => sum + revision, 0),
      revoked: new Set([...revoked].map((name) => (name === drilled ? real : name))),
    })

  const end = feed.subscribe({
    heard(notice) {
      if (!isLasting(notice)) return
      const { name, until, revision } = notice
      if (isDrillName(name) && name !== drilled) return
      if (revision <= (revisions.get(name) ?? 0)) return
      revisions.set(name, revision)
      if (until === RESTORED) revoked.delete(name)
      else if (!beginsEpoch(name)) revoked.add(name)
      if (isFollowing) stand()
    },
    // What lasts is read again by the feed itself.
    missed: () => undefined,
  })
  isFollowing = true
  stand()
  return end
}
