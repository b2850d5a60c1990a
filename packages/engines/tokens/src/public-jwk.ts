import { decodeBase64url } from './base64url.ts'
import { isLowOrder } from './low-order.ts'

/** A public signature key as a JWK (RFC 7517, RFC 7518, RFC 8037): the members that make the key, and what selects it. */
export type PublicJwk = KeyMaterial & { readonly kid?: string; readonly alg?: string; readonly use?: string }

type KeyMaterial =
  | { readonly kty: 'EC'; readonly crv: 'P-256' | 'P-384' | 'P-521'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const
const MIN_RSA_BYTES = 256
// A larger modulus buys nothing and makes every verification expensive.
const MAX_RSA_BYTES = 512

/**
 * Reads a public key that somebody else wrote. Resolves to undefined for a private or symmetric key, an unknown type, a
 * key that is not meant to verify, a coordinate of the wrong length, a low-order Ed25519 point, and an RSA key outside 2048 to 4096 bits or with an exponent other than
 * 65537. Other members are dropped. Whether an EC point is on its curve is checked when the key is imported.
 */
export function readPublicJwk(value: unknown): PublicJwk | undefined {
  // attacker-controlled: `value`.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const jwk: Readonly<Record<string, unknown>> = { ...value }
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined
  if (!mayVerify(jwk.key_ops)) return undefined
  const material = readMaterial(jwk)
  if (!material) return undefined
  const { kid, alg, use } = jwk
  return {
    ...material,
    ...(typeof kid === 'string' ? { kid } : {}),
    ...(typeof alg === 'string' ? { alg } : {}),
    ...(typeof use === 'string' ? { use } : {}),
  }
}

/** Whether a key's owner lets it verify (RFC 7517 section 4.3). What `use` says is asked where a key is looked for. */
function mayVerify(operations: unknown): boolean {
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function readMaterial(jwk: Readonly<Record<string, unknown>>): KeyMaterial | undefined {
  const { kty, crv, x, y, n, e } = jwk
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521')) {
    const length = COORDINATE_BYTES[crv]
    if (bytesOf(x)?.byteLength !== length || bytesOf(y)?.byteLength !== length) return undefined
    return { kty, crv, x: String(x), y: String(y) }
  }
  if (kty === 'OKP' && crv === 'Ed25519') {
    const point = bytesOf(x)
    if (point?.byteLength !== 32 || isLowOrder(point)) return undefined
    return { kty, crv, x: String(x) }
  }
  if (kty === 'RSA' && e === 'AQAB') {
    const modulus = bytesOf(n)
    if (!modulus || modulus[0] === 0) return undefined
    if (modulus.byteLength < MIN_RSA_BYTES || modulus.byteLength > MAX_RSA_BYTES) return undefined
    return { kty, n: String(n), e }
  }
  return undefined
}

function bytesOf(value: unknown): Uint8Array | undefined {
  // The longest member is a modulus of 4096 bits: 683 characters.
  return typeof value === 'string' && value.length <= 683 ? decodeBase64url(value) : undefined
}
