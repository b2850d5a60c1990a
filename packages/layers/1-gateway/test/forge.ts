/** Makes access tokens and proofs, good and bad, with node:crypto alone: nothing here shares code with the verifiers. */
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'

/** A JSON object, or the exact text to send in its place. */
export type Part = string | Record<string, unknown>
export type Sign = (input: string) => Buffer | string

export const b64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** A compact JWS; the signer sees the first two segments as they are sent. */
export function jws(header: Part, payload: Part, signer: Sign): string {
  const text = (part: Part) => (typeof part === 'string' ? part : JSON.stringify(part))
  const input = `${b64(text(header))}.${b64(text(payload))}`
  const signature = signer(input)
  return `${input}.${typeof signature === 'string' ? signature : b64(signature)}`
}

export interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: JsonWebKey
  readonly jkt: string
}

export function pair(curve: 'P-256' | 'P-384' = 'P-256'): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const { crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicKey, jwk: { kty: 'EC', crv, x, y }, jkt: sha256(JSON.stringify({ crv, kty: 'EC', x, y })) }
}

export const es = (key: KeyObject, hash = 'sha256'): Sign => {
  return (input) => sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
}
export const der =
  (key: KeyObject): Sign =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'der' })
export const hs =
  (secret: string | Buffer): Sign =>
  (input) =>
    createHmac('sha256', secret).update(input).digest()
export const unsigned: Sign = () => ''

/** The second valid form of an ECDSA signature: s' = n - s. */
export function malleate(signature: Buffer): Buffer {
  const n = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  return Buffer.concat([signature.subarray(0, 32), Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex')])
}

/** The same bytes in another spelling: the unused bits of the last character set. */
export function otherSpelling(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + (alphabet[alphabet.indexOf(segment.at(-1) ?? '') + 1] ?? '')
}

/** JSON text of an object with one member written a second time, last. */
export function twice(object: Record<string, unknown>, name: string, value: unknown): string {
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`
}

export const freshId = (): string => randomUUID()
