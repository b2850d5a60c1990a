import { type Actor, type Standing, standingUnder } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'

/**
 * Creates what says under which revocable names an access token stands: its subject, every actor of its chain, its client, itself. The
 * names of a token are digested once, however often it comes.
 */
export function createTokenStanding(): (token: AccessToken, actor: Actor) => readonly Standing[] {
  const known = new WeakMap<AccessToken, readonly Standing[]>()
  return (token, actor) => {
    const standing = known.get(token) ?? describe(token, actor)
    known.set(token, standing)
    return standing
  }
}

function describe({ issuer, subject, clientId, id, issuedAt }: AccessToken, actor: Actor): readonly Standing[] {
  return standingUnder(issuedAt, [
    { subject: { issuer, id: subject } },
    ...[actor.id, ...actor.chain].map((one) => ({ actor: one })),
    { client: { issuer, id: clientId } },
    { token: { issuer, id } },
  ])
}
