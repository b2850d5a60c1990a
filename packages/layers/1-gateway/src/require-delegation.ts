import type { Actor, Denial } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'

/**
 * Refuses an actor that acts for nobody but itself: with a `sub` that is its own name, or its client's (RFC 9068 section 2.2). It would be asked
 * about twice, as its own user, and permissions that are meant for people would become its own. Only those that the configuration names
 * `autonomous` may; the policy still decides what. Answers `gateway.actor-is-subject`.
 */
export function requireDelegation(
  { subject, clientId }: AccessToken,
  { id }: Actor,
  autonomous: ReadonlySet<string>,
): Denial | undefined {
  const isOwn = subject === id || subject === clientId
  return isOwn && !autonomous.has(id) ? { code: 'gateway.actor-is-subject' } : undefined
}
