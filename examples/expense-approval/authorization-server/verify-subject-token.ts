/// <reference path="./oidc-provider.d.ts" />
import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose'
import { InvalidRequest } from 'oidc-provider/lib/helpers/errors.js'

/** What is expected of a subject token. */
export interface SubjectTokenExpectation {
  readonly issuer: string
  readonly resource: string
  readonly publicKey: CryptoKey
  /** The client that asks: a token that was issued to another client is not its to exchange. */
  readonly clientId: string
  readonly now: Date
}

/** A verified access token of a user. Times are seconds since the epoch. */
export interface SubjectToken {
  readonly sub: string
  readonly scopes: readonly string[]
  /** The thumbprint of the key it is bound to. */
  readonly jkt: string
  readonly exp: number
  readonly acr: string
  readonly auth_time: number
  readonly amr: readonly string[]
}

/**
 * Verifies that a token is a live access token of this server, for this resource, bound to a key, and issued to the client that
 * asks. A token that already names an actor is refused: this server delegates once. Throws `invalid_request` (RFC 8693
 * section 2.2.2).
 */
export async function verifySubjectToken(token: string, expected: SubjectTokenExpectation): Promise<SubjectToken> {
  const payload = await verified(token, expected)
  const { sub, exp, scope, acr, auth_time, amr, cnf } = payload
  if (payload.aud !== expected.resource) throw new InvalidRequest('subject_token is for another resource')
  if (payload.client_id !== expected.clientId) throw new InvalidRequest('subject_token was issued to another client')
  if (payload.act !== undefined) throw new InvalidRequest('subject_token already names an actor')
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined
  if (typeof jkt !== 'string') throw new InvalidRequest('subject_token is not bound to a key')
  if (
    typeof sub !== 'string' ||
    typeof exp !== 'number' ||
    typeof scope !== 'string' ||
    typeof acr !== 'string' ||
    typeof auth_time !== 'number' ||
    !isStrings(amr)
  ) {
    throw new InvalidRequest('subject_token lacks a claim')
  }
  return { sub, scopes: scope.split(' '), jkt, exp, acr, auth_time, amr }
}

// attacker-controlled: the token, until this returns.
async function verified(token: string, expected: SubjectTokenExpectation): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, expected.publicKey, {
      typ: 'at+jwt',
      algorithms: ['ES256'],
      issuer: expected.issuer,
      requiredClaims: ['exp', 'iat', 'jti'],
      currentDate: expected.now,
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new InvalidRequest('subject_token has expired')
    throw new InvalidRequest('subject_token is not valid')
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
