import { digest, type JsonObject, type JsonValue, type Outcome } from '@lockstep/core'
import type { AccessToken } from './access-token.ts'
import { readAuthorizationDetails } from './authorization-details.ts'
import { readConfirmation } from './confirmation.ts'
import { readActors } from './delegation.ts'
import { refuse } from './refuse.ts'
import { readClient, type TokenShape } from './token-shape.ts'

/** What an access token is held against. */
export interface AccessTokenExpectation {
  readonly audience: string
  /** Whether `aud` may name other audiences beside ours: whichever, or those listed. */
  readonly multiAudience: boolean | readonly string[]
  readonly shape: TokenShape
  /** Seconds. */
  readonly maxLifetime: number
}

/** How far ahead of ours an issuer's clock may run, in seconds. Nothing lengthens `exp`. */
const CLOCK_SKEW = 10
const MAX_ID_LENGTH = 256

/**
 * Reads the claims of an access token whose signature is verified (RFC 9068 section 2.2 and 4). Every required claim must be
 * there in its own type, under the name that this issuer gives it; `now` is in seconds since the epoch. Denies with
 * `gateway.token-expired` or `gateway.token-invalid`.
 */
export function readAccessTokenClaims(
  claims: JsonObject,
  expected: AccessTokenExpectation,
  now: number,
): Outcome<AccessToken> {
  const { shape } = expected
  const { iss, sub, iat, exp } = claims
  const clientId = readClient(claims, shape)
  if (!isName(iss) || !isName(sub) || !isName(clientId))
    return refuse('gateway.token-invalid', 'a required claim is missing')
  const id = readId(claims, shape)
  if (!isName(id) || id.length > MAX_ID_LENGTH) return refuse('gateway.token-invalid', 'its id is missing')
  if (!namesAudience(claims.aud, expected)) return refuse('gateway.token-invalid', 'it is for another audience')

  const untimely = checkTimes(claims, expected, now)
  if (untimely) return untimely

  const scopes = readScopes(claims, shape)
  const actors = readActors(claims.act)
  if (!scopes || !actors) return refuse('gateway.token-invalid', 'its scope or `act` is malformed')
  const confirmation = readConfirmation(claims.cnf)
  if (confirmation === 'not-understood') return refuse('gateway.token-invalid', '`cnf` is not understood')
  const authorizationDetails = readAuthorizationDetails(claims.authorization_details)
  if (authorizationDetails === 'not-understood') {
    return refuse('gateway.token-invalid', '`authorization_details` are not understood')
  }

  return {
    ok: true,
    value: Object.freeze({
      issuer: iss,
      subject: sub,
      clientId,
      id,
      scopes,
      issuedAt: Number(iat),
      expiresAt: Number(exp),
      actors,
      ...(confirmation ? { confirmation } : {}),
      ...(authorizationDetails ? { authorizationDetails } : {}),
      ...readSignIn(claims, shape, now),
    }),
  }
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

/** A token without an id has one all the same, made of everything that is signed: another signature over it is the same token. */
function readId(claims: JsonObject, shape: TokenShape): JsonValue | undefined {
  const name = shape.id.find((claim) => claims[claim] !== undefined)
  if (name !== undefined) return claims[name]
  return shape.idByDigest ? digestOf(claims) : undefined
}

function digestOf(claims: JsonObject): string | undefined {
  try {
    return digest(claims)
  } catch {
    return undefined
  }
}

/** By default the audience is exactly ours: a token that other servers accept too could be replayed by them. */
function namesAudience(aud: JsonValue | undefined, { audience, multiAudience }: AccessTokenExpectation): boolean {
  if (typeof aud === 'string') return aud === audience
  if (!Array.isArray(aud) || !aud.every((one) => typeof one === 'string')) return false
  const others = aud.filter((one) => one !== audience)
  if (others.length === aud.length) return false
  if (typeof multiAudience === 'boolean') return multiAudience || aud.length === 1
  return others.every((one) => multiAudience.includes(one))
}

function checkTimes({ iat, exp, nbf }: JsonObject, { maxLifetime }: AccessTokenExpectation, now: number) {
  if (!isTime(iat) || !isTime(exp) || (nbf !== undefined && !isTime(nbf))) {
    return refuse('gateway.token-invalid', 'a time is missing or no number')
  }
  if (exp <= now) return refuse('gateway.token-expired')
  if (iat > now + CLOCK_SKEW) return refuse('gateway.token-invalid', 'it was issued in the future')
  if (nbf !== undefined && nbf > now + CLOCK_SKEW) return refuse('gateway.token-invalid', 'it is not valid yet')
  if (exp - iat > maxLifetime) return refuse('gateway.token-invalid', 'it lives too long')
  return undefined
}

/** A NumericDate (RFC 7519 section 2): it may have a fraction. */
function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function readScopes(claims: JsonObject, shape: TokenShape): readonly string[] | undefined {
  const stated = claims[shape.scope]
  if (stated === undefined) return Object.freeze([])
  if (typeof stated === 'string') return Object.freeze(stated.split(' ').filter((name) => name !== ''))
  const list = shape.scope === 'scp' && Array.isArray(stated) ? stated : undefined
  return list?.every(isScope) ? Object.freeze([...list]) : undefined
}

/** In a list a name that holds a space would be two names to whoever joins them. */
function isScope(name: JsonValue): name is string {
  return isName(name) && !name.includes(' ')
}

/** A sign-in that is not stated properly is not stated: it satisfies nothing. */
function readSignIn(
  claims: JsonObject,
  shape: TokenShape,
  now: number,
): Pick<AccessToken, 'acrValues' | 'authenticatedAt'> {
  const { auth_time: at } = claims
  const { acrs = [] } = claims
  const stated = shape.acr === 'acr' ? [claims.acr] : acrs
  const acrValues = (Array.isArray(stated) ? stated : []).filter(isName)
  return {
    acrValues: Object.freeze(acrValues),
    ...(isTime(at) && at <= now + CLOCK_SKEW ? { authenticatedAt: at } : {}),
  }
}
