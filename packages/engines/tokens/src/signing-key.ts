import { CompactSign, type CryptoKey, compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { type PublicJwk, readPublicJwk } from './public-jwk.ts'
import { thumbprint } from './thumbprint.ts'

/** A key pair that signs. Its `kid` in a header is its thumbprint. */
export interface SigningKey {
  readonly algorithm: 'ES256' | 'EdDSA'
  readonly privateKey: CryptoKey
  /** Without `kid`, `alg` and `use`: fit for a proof's header. */
  readonly publicJwk: PublicJwk
  /** RFC 7638, base64url. */
  readonly thumbprint: string
}

/** What kind of key to make. */
export interface SigningKeyOptions {
  /** @defaultValue `ES256`: it verifies at about half the cost of EdDSA */
  readonly algorithm?: 'ES256' | 'EdDSA' | undefined
  /** Whether `exportSigningKey` may read the private part. @defaultValue false */
  readonly extractable?: boolean | undefined
}

/** Generates a key pair. */
export async function createSigningKey(options: SigningKeyOptions = {}): Promise<SigningKey> {
  const { algorithm = 'ES256', extractable = false } = options
  const pair = await generateKeyPair(algorithm, { extractable })
  return assemble(algorithm, pair.privateKey, await exportJWK(pair.publicKey))
}

/** The private key as a JWK, with `alg`, to be persisted. Throws `TypeError` unless the key was made extractable. */
export async function exportSigningKey(key: SigningKey): Promise<JWK> {
  if (!key.privateKey.extractable) throw new TypeError('the key was not made extractable')
  return { ...(await exportJWK(key.privateKey)), alg: key.algorithm }
}

/**
 * Reads a key that `exportSigningKey` wrote; not to be exported again unless asked for. Throws `TypeError` for anything else, without
 * its content.
 */
export async function importSigningKey(
  jwk: JWK,
  { extractable = false }: Pick<SigningKeyOptions, 'extractable'> = {},
): Promise<SigningKey> {
  const { d, kty, crv, x, y } = jwk
  const alg = jwk.alg === 'ES256' ? 'ES256' : jwk.alg === 'EdDSA' ? 'EdDSA' : undefined
  if (!d || !alg) throw new TypeError('expected a private ES256 or EdDSA JWK')
  try {
    const privateKey = await importJWK({ kty, crv, x, y, d } as JWK, alg, { extractable })
    if (privateKey instanceof Uint8Array) throw new TypeError('symmetric')
    return await assemble(alg, privateKey, { kty, crv, x, y } as JWK)
  } catch {
    throw new TypeError('expected a private ES256 or EdDSA JWK')
  }
}

async function assemble(algorithm: SigningKey['algorithm'], privateKey: CryptoKey, jwk: JWK): Promise<SigningKey> {
  const publicJwk = readPublicJwk(jwk)
  if (!publicJwk) throw new TypeError('the public key may not be used')
  // An imported key may have halves that do not belong together; what it signs would never verify.
  const probe = await new CompactSign(new Uint8Array(1)).setProtectedHeader({ alg: algorithm }).sign(privateKey)
  await compactVerify(probe, await importJWK({ ...publicJwk }, algorithm))
  return { algorithm, privateKey, publicJwk, thumbprint: await thumbprint(publicJwk) }
}
