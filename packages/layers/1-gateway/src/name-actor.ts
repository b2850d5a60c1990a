import type { Actor, Outcome } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'
import { refuse } from './refuse.ts'

/**
 * Says who acts for the subject: the token's `act`, asserted by its issuer, else the actor that is configured for its client. Only the
 * outermost link acts (RFC 8693 section 4.1); the inner ones are recorded. Denies with `gateway.actor-missing`: an actor is never
 * invented.
 */
export function nameActor(token: AccessToken, byClient: ReadonlyMap<string, string>): Outcome<Actor> {
  const [current, ...chain] = token.actors
  if (current !== undefined)
    return { ok: true, value: Object.freeze({ id: current, basis: 'asserted', chain: Object.freeze(chain) }) }
  const mapped = byClient.get(token.clientId)
  if (mapped === undefined) return refuse('gateway.actor-missing')
  return { ok: true, value: Object.freeze({ id: mapped, basis: 'mapped', chain: Object.freeze([]) }) }
}
