import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { type PublicJwk, readPublicJwk } from './public-jwk.ts'
import { thumbprint } from './thumbprint.ts'

/** A private key as a JWK, as it is persisted. */
export type PrivateJwk = PublicJwk & { readonly d: string }

/**
 * The key that signs checkpoints of an audit log: detached ES256 signatures (RFC 7518 section 3.4) over bytes whose format and
 * version the log states itself. It signs nothing else.
 */
export interface CheckpointKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly algorithm: 'ES256'
  /** 64 bytes: r and s. */
  sign(payload: Uint8Array): Uint8Array
  /** With `kid`, `alg` and `use`. */
  publicJwk(): PublicJwk
  /** The private key, to be persisted where only this process can read it. */
  exportJwk(): PrivateJwk
}

const PROBE = Buffer.from('lockstep probe')

/** Generates a checkpoint key. */
export function createCheckpointKey(): Promise<CheckpointKey> {
  return assemble(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
}

/** Reads a key that `exportJwk` wrote. Rejects with `TypeError` for anything else, without its content. */
export async function importCheckpointKey(jwk: object): Promise<CheckpointKey> {
  try {
    return await assemble(createPrivateKey({ key: { ...jwk }, format: 'jwk' }))
  } catch {
    throw new TypeError('expected a private P-256 JWK')
  }
}

/** Whether `signature` is over `payload` and by the key of `jwk`. False for a key that may not be used. */
export function verifyCheckpoint(jwk: object, payload: Uint8Array, signature: Uint8Array): boolean {
  const key = readPublicJwk(jwk)
  if (key?.kty !== 'EC' || key.crv !== 'P-256') return false
  try {
    const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' })
    return verify('sha256', payload, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    return false
  }
}

async function assemble(privateKey: KeyObject): Promise<CheckpointKey> {
  const { d, ...jwk } = privateKey.export({ format: 'jwk' })
  const material = readPublicJwk(jwk)
  if (material?.kty !== 'EC' || material.crv !== 'P-256' || !d) throw new TypeError('expected a private P-256 JWK')
  const kid = await thumbprint(material)
  const publicJwk: PublicJwk = { ...material, kid, alg: 'ES256', use: 'sig' }
  const signWith = (payload: Uint8Array) => sign('sha256', payload, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  // Node does not compare the halves of an imported key, and what a mixed one signs would never verify.
  if (!verifyCheckpoint(publicJwk, PROBE, signWith(PROBE))) throw new TypeError('expected a private P-256 JWK')
  return {
    kid,
    algorithm: 'ES256',
    sign: signWith,
    publicJwk: () => publicJwk,
    exportJwk: () => ({ ...publicJwk, d }),
  }
}
