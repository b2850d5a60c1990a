import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

/** The key that access tokens are signed with. */
export interface SigningKey {
  /** For the server's own key set, private part included. */
  readonly jwk: JWK
  /** To verify a token that this server issued. */
  readonly publicKey: CryptoKey
}

/** Makes an ES256 signing key, named by its RFC 7638 thumbprint. It lives as long as the process: tokens live minutes. */
export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' }, publicKey }
}
