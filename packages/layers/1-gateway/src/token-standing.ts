import { type Actor, type Standing, standingUnder } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'

/**
 * Creates what says under which revocable names an access token stands: its subject, every actor of its chain, its client, itself. The
 * names of a token and an actor are digested once, however often they come; another connection may prove another actor.
 */
export function createTokenStanding(): (token: AccessToken, actor: Actor) => readonly Standing[] {
  const known = new WeakMap<AccessToken, { readonly actor: string; readonly standing: readonly Standing[] }>()
  return (token, actor) => {
    const found = known.get(token)
    if (found?.actor === actor.id) return found.standing
    const standing = describe(token, actor)
    known.set(token, { actor: actor.id, standing })
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
