/// <reference path="./oidc-provider.d.ts" />
import { importJWK, type JWTPayload, jwtVerify } from 'jose'
import { InvalidRequest } from 'oidc-provider/lib/helpers/errors.js'
import type { RegisteredAgent } from './registered-agent.ts'

const LIFETIME_SECONDS = 60
const CLOCK_TOLERANCE_SECONDS = 5
const JTI_LENGTH = 128

/** A verified actor token: its id, and until when (milliseconds since the epoch) that id must be remembered. */
export interface ActorToken {
  readonly jti: string
  readonly rememberUntil: number
}

/**
 * Verifies an actor token: a JWT (`typ: actor+jwt`) signed with the credential of the agent that asks, naming that agent as
 * issuer and subject and this server alone as audience, and living at most 60 seconds. Throws `invalid_request` (RFC 8693
 * section 2.2.2). Whether its `jti` was used before is for the caller to see.
 */
export async function verifyActorToken(
  token: string,
  expected: { readonly agent: RegisteredAgent; readonly issuer: string; readonly now: Date },
): Promise<ActorToken> {
  const { jti, iat, exp, aud } = await verified(token, expected)
  if (aud !== expected.issuer) throw new InvalidRequest('actor_token is for another audience')
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > LIFETIME_SECONDS) {
    throw new InvalidRequest(`actor_token must not live longer than ${LIFETIME_SECONDS} seconds`)
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_LENGTH) {
    throw new InvalidRequest('actor_token needs a jti')
  }
  return { jti, rememberUntil: (exp + CLOCK_TOLERANCE_SECONDS + 1) * 1000 }
}

// attacker-controlled: the token, until this returns.
async function verified(
  token: string,
  { agent, now }: { readonly agent: RegisteredAgent; readonly now: Date },
): Promise<JWTPayload> {
  try {
    const key = await importJWK(agent.publicKey, 'ES256')
    const { payload } = await jwtVerify(token, key, {
      typ: 'actor+jwt',
      algorithms: ['ES256'],
      issuer: agent.id,
      subject: agent.id,
      requiredClaims: ['exp', 'iat', 'jti'],
      maxTokenAge: LIFETIME_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
    })
    return payload
  } catch {
    throw new InvalidRequest('actor_token is not valid')
  }
}
