import type { JsonObject, JsonValue, Outcome } from '@lockstep/core'
import type { AccessToken } from './access-token.ts'
import { readConfirmation } from './confirmation.ts'
import { readActors } from './delegation.ts'
import { refuse } from './refuse.ts'

/** What an access token is held against. */
export interface AccessTokenExpectation {
  readonly audience: string
  /** Whether `aud` may name other audiences beside ours. */
  readonly multiAudience: boolean
  /** Seconds. */
  readonly maxLifetime: number
  /** Seconds since the epoch. */
  readonly now: number
}

/** How far ahead of ours an issuer's clock may run, in seconds. Nothing lengthens `exp`. */
const CLOCK_SKEW = 10
const MAX_ID_LENGTH = 256

/**
 * Reads the claims of an access token whose signature is verified (RFC 9068 section 2.2 and 4). Every required claim must be
 * there in its own type. Denies with `gateway.token-expired` or `gateway.token-invalid`.
 */
export function readAccessTokenClaims(claims: JsonObject, expected: AccessTokenExpectation): Outcome<AccessToken> {
  const { iss, sub, client_id: clientId, jti, iat, exp } = claims
  if (!isName(iss) || !isName(sub) || !isName(clientId))
    return refuse('gateway.token-invalid', 'a required claim is missing')
  if (!isName(jti) || jti.length > MAX_ID_LENGTH) return refuse('gateway.token-invalid', '`jti` is missing')
  if (!namesAudience(claims.aud, expected)) return refuse('gateway.token-invalid', 'it is for another audience')

  const untimely = checkTimes(claims, expected)
  if (untimely) return untimely

  const scopes = readScopes(claims.scope)
  const actors = readActors(claims.act)
  if (!scopes || !actors) return refuse('gateway.token-invalid', '`scope` or `act` is malformed')
  const confirmation = readConfirmation(claims.cnf)
  if (confirmation === 'not-understood') return refuse('gateway.token-invalid', '`cnf` is not understood')

  return {
    ok: true,
    value: Object.freeze({
      issuer: iss,
      subject: sub,
      clientId,
      id: jti,
      scopes,
      issuedAt: Number(iat),
      expiresAt: Number(exp),
      actors,
      ...(confirmation ? { confirmation } : {}),
      ...readSignIn(claims, expected.now),
    }),
  }
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

/** By default the audience is exactly ours: a token that other servers accept too could be replayed by them. */
function namesAudience(aud: JsonValue | undefined, { audience, multiAudience }: AccessTokenExpectation): boolean {
  if (typeof aud === 'string') return aud === audience
  if (!Array.isArray(aud) || !aud.every((one) => typeof one === 'string')) return false
  return aud.includes(audience) && (multiAudience || aud.length === 1)
}

function checkTimes({ iat, exp, nbf }: JsonObject, { now, maxLifetime }: AccessTokenExpectation) {
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

function readScopes(scope: JsonValue | undefined): readonly string[] | undefined {
  if (scope === undefined) return []
  return typeof scope === 'string' ? Object.freeze(scope.split(' ').filter((name) => name !== '')) : undefined
}

/** A sign-in that is not stated properly is not stated: it satisfies nothing. */
function readSignIn({ acr, auth_time: at }: JsonObject, now: number): Pick<AccessToken, 'acr' | 'authenticatedAt'> {
  return {
    ...(isName(acr) ? { acr } : {}),
    ...(isTime(at) && at <= now + CLOCK_SKEW ? { authenticatedAt: at } : {}),
  }
}
