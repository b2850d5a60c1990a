import { createHash, randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@lockstep/core'
import { SignJWT } from 'jose'
import type { ProofKey } from './proof-key.ts'

/** The request that a proof is for. */
export interface ProofRequest {
  readonly method: string
  /** Query and fragment are left out of the proof. */
  readonly url: string | URL
  /** The token that is sent along; without it the proof is for a token endpoint. */
  readonly accessToken?: string | undefined
  /** The nonce that the server asked for (RFC 9449 sections 8 and 9). */
  readonly nonce?: string | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** Signs a DPoP proof (RFC 9449 section 4.2) for one request. Every call makes another proof. */
export function signProof(key: ProofKey, request: ProofRequest): Promise<string> {
  const { method, accessToken, nonce, clock = systemClock } = request
  const { origin, pathname } = new URL(request.url)
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(clock() / 1000),
    ...(accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') }),
    ...(nonce === undefined ? {} : { nonce }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, typ: 'dpop+jwt', jwk: { ...key.publicJwk } })
    .sign(key.privateKey)
}
