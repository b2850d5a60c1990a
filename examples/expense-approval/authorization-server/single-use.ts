import type { Clock } from '@lockstep/core'

/**
 * Remembers ids until they expire and lets each be used once. It looks and remembers in one synchronous step: oidc-provider's
 * own replay detection awaits between the two, so two requests at the same time would both pass it.
 *
 * @returns a function that takes an id and the time, in milliseconds since the epoch, until which it must be remembered;
 * false means that it was used before
 */
export function createSingleUse(clock: Clock): (id: string, expiresAt: number) => boolean {
  const used = new Map<string, number>()
  return (id, expiresAt) => {
    const now = clock()
    for (const [other, until] of used) if (until < now) used.delete(other)
    if (used.has(id)) return false
    used.set(id, expiresAt)
    return true
  }
}
