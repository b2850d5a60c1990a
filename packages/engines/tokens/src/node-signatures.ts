import { constants, createPublicKey, KeyObject, verify } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { Algorithm } from './algorithm.ts'
import { isAsLongAsKey } from './signature-length.ts'
import type { SignatureCheck, SignatureVerifier } from './signature-verifier.ts'

/** What an algorithm demands of a key (RFC 7518 section 3, RFC 8037), and how node:crypto is asked. */
interface Scheme {
  /** `asymmetricKeyType` */
  readonly keyType: 'ec' | 'ed25519' | 'rsa'
  /** OpenSSL's name of the curve. */
  readonly curve?: string
  /** `null` where the algorithm hashes by itself. */
  readonly hash: string | null
  readonly options: {
    readonly dsaEncoding?: 'ieee-p1363'
    readonly padding?: number
    readonly saltLength?: number
  }
}

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants
const ecdsa = (curve: string, hash: string): Scheme => ({
  keyType: 'ec',
  curve,
  hash,
  options: { dsaEncoding: 'ieee-p1363' },
})
const pss = (hash: string, saltLength: number): Scheme => ({
  keyType: 'rsa',
  hash,
  options: { padding: RSA_PKCS1_PSS_PADDING, saltLength },
})
const pkcs1 = (hash: string): Scheme => ({ keyType: 'rsa', hash, options: { padding: RSA_PKCS1_PADDING } })
const ed25519: Scheme = { keyType: 'ed25519', hash: null, options: {} }

const SCHEMES: Readonly<Record<Algorithm, Scheme>> = {
  ES256: ecdsa('prime256v1', 'sha256'),
  ES384: ecdsa('secp384r1', 'sha384'),
  ES512: ecdsa('secp521r1', 'sha512'),
  EdDSA: ed25519,
  Ed25519: ed25519,
  PS256: pss('sha256', 32),
  PS384: pss('sha384', 48),
  PS512: pss('sha512', 64),
  RS256: pkcs1('sha256'),
  RS384: pkcs1('sha384'),
  RS512: pkcs1('sha512'),
}

/** jose keeps one CryptoKey per key and algorithm of a loaded set, so a key is converted once per load and forgotten with it. */
const converted = new WeakMap<CryptoKey, { readonly algorithm: Algorithm; readonly check: SignatureCheck }>()

/**
 * Signatures by node:crypto, synchronously: one verification blocks for less than handing it to a thread costs, at a third of the price of
 * WebCrypto. That is why this stands beside jose.
 */
export const nodeSignatures: SignatureVerifier = {
  ofKey(key, algorithm) {
    const known = converted.get(key)
    if (known?.algorithm === algorithm) return known.check
    const check = checkWith(KeyObject.from(key), algorithm) ?? refuseAll
    converted.set(key, { algorithm, check })
    return check
  },
  ofJwk(jwk, algorithm) {
    try {
      return checkWith(createPublicKey({ key: { ...jwk }, format: 'jwk' }), algorithm)
    } catch {
      return undefined
    }
  },
}

function checkWith(key: KeyObject, algorithm: Algorithm): SignatureCheck | undefined {
  const { keyType, curve, hash, options } = SCHEMES[algorithm]
  // INVARIANT: the algorithm that was allowed chooses the scheme; the key must be of it.
  if (key.type !== 'public' || key.asymmetricKeyType !== keyType) return undefined
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (namedCurve !== curve) return undefined
  const verifyingKey = { key, ...options }
  return ({ signingInput, signature }) => {
    if (modulusLength !== undefined && !isAsLongAsKey(signature, modulusLength)) return false
    try {
      return verify(hash, signingInput, verifyingKey, signature)
    } catch {
      return false
    }
  }
}

const refuseAll: SignatureCheck = () => false
