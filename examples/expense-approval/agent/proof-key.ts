import { randomUUID } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** The key that an agent proves possession of (RFC 9449). */
export interface ProofKey {
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
  /** RFC 7638, base64url. */
  readonly thumbprint: string
}

/** Makes an ES256 proof key. */
export async function createProofKey(): Promise<ProofKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const publicJwk = await exportJWK(publicKey)
  return { privateKey, publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) }
}

/** Signs a DPoP proof for a request to the token endpoint, where there is no access token yet. */
export function signProof(key: ProofKey, request: { readonly method: string; readonly url: string }): Promise<string> {
  return new SignJWT({ htm: request.method, htu: request.url })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: { ...key.publicJwk } })
    .setIssuedAt()
    .setJti(randomUUID())
    .sign(key.privateKey)
}
