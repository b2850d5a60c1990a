import { randomUUID } from 'node:crypto'
import type { ProofKey } from '@lockstep/agent'
import { SignJWT } from 'jose'
import { readAnswer } from './oauth-refusal.ts'

/** An access token as the token endpoint gave it. */
export interface IssuedToken {
  readonly accessToken: string
  /** Space-separated. */
  readonly scope: string
  /** Seconds. */
  readonly expiresIn: number
}

/**
 * Sends one request to the token endpoint with a DPoP proof by the key. Throws OAuthRefusal with the server's error, and an
 * Error when the answer is not a DPoP-bound token.
 */
export async function requestToken(
  tokenEndpoint: string,
  key: ProofKey,
  form: Readonly<Record<string, string>>,
): Promise<IssuedToken> {
  const answer = await readAnswer(
    await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { dpop: await proofFor(tokenEndpoint, key), accept: 'application/json' },
      body: new URLSearchParams(form),
    }),
  )
  const { access_token: accessToken, scope, expires_in: expiresIn, token_type: tokenType } = answer
  if (
    typeof accessToken !== 'string' ||
    typeof scope !== 'string' ||
    typeof expiresIn !== 'number' ||
    tokenType !== 'DPoP'
  ) {
    throw new Error('the authorization server did not issue a DPoP-bound token')
  }
  return { accessToken, scope, expiresIn }
}

/** A DPoP proof (RFC 9449 section 4.2) without a token: this request is for the first one. */
function proofFor(url: string, key: ProofKey): Promise<string> {
  return new SignJWT({ htm: 'POST', htu: url })
    .setProtectedHeader({ alg: key.algorithm, typ: 'dpop+jwt', jwk: { ...key.publicJwk } })
    .setIssuedAt()
    .setJti(randomUUID())
    .sign(key.privateKey)
}
