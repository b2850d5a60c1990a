import type { Actor, Outcome } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'
import { refuse } from './refuse.ts'

/**
 * Says who acts for the subject: the token's `act`, asserted by its issuer, else the workload that the connection proves, else the actor that
 * is configured for the client. An `act` that the connection proves is proved; one that it contradicts is refused
 * (`gateway.actor-contradicted`). Only the outermost link acts (RFC 8693 section 4.1); the inner ones are recorded. Denies with
 * `gateway.actor-missing`: an actor is never invented.
 */
export function nameActor(
  token: AccessToken,
  workload: string | undefined,
  byClient: ReadonlyMap<string, string>,
): Outcome<Actor> {
  const [current, ...chain] = token.actors
  if (current !== undefined && workload !== undefined && workload !== current)
    return refuse('gateway.actor-contradicted')
  const proved = workload !== undefined
  if (current !== undefined) return name(current, proved ? 'proved' : 'asserted', chain)
  if (proved) return name(workload, 'proved')
  const mapped = byClient.get(token.clientId)
  return mapped === undefined ? refuse('gateway.actor-missing') : name(mapped, 'mapped')
}

function name(id: string, basis: Actor['basis'], chain: readonly string[] = []): Outcome<Actor> {
  return { ok: true, value: Object.freeze({ id, basis, chain: Object.freeze(chain) }) }
}
