import { randomUUID } from 'node:crypto'
import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type SigningKey, signJwt } from '@lockstep/tokens'

/** Which agent says so, and to whom. */
export interface ActorTokenOptions {
  /** The agent's own credential, registered at the authorization server: not its DPoP key. */
  readonly key: SigningKey
  /** The agent's identity, for example a SPIFFE ID. */
  readonly actor: string
  /** The issuer identifier of the authorization server. */
  readonly audience: string
  /** Seconds, at most 60. @defaultValue 60 */
  readonly expiresIn?: number | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/**
 * Signs the agent's statement about itself for a token exchange (RFC 8693 section 2.1, `actor_token`): a JWT of type `actor+jwt` in the
 * manner of RFC 7523, with `iss` and `sub` the agent, a short life and a fresh `jti`. Throws `TypeError` for a longer life.
 */
export function signActorToken(options: ActorTokenOptions): Promise<string> {
  refuseUnknownOptions(options, ['key', 'actor', 'audience', 'expiresIn', 'clock'], 'signActorToken()')
  const { key, actor, audience, expiresIn = 60, clock = systemClock } = options
  if (!(expiresIn > 0 && expiresIn <= 60)) throw new TypeError('`expiresIn` expected at most 60 seconds')
  const now = Math.floor(clock() / 1000)
  const claims = { iss: actor, sub: actor, aud: audience, iat: now, exp: now + expiresIn, jti: randomUUID() }
  return signJwt(key, 'actor+jwt', claims)
}
