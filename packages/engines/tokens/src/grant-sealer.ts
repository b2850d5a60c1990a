import { createHash, randomBytes } from 'node:crypto'
import { type JsonObject, refuseUnknownOptions } from '@lockstep/core'
import { CompactEncrypt, type CompactJWEHeaderParameters, compactDecrypt } from 'jose'

/** A secret that grants are sealed with. Its `kid` in a header is a digest of it. */
export interface SealingKey {
  readonly id: string
  /** 32 secret bytes. */
  readonly secret: Uint8Array
}

/** Seals what a job may do, or a client is told to send back, as text that may lie anywhere: nobody reads it, and nobody changes it. */
export interface GrantSealer {
  /** A compact JWE (RFC 7516) of the sealer's type: `dir`, `A256GCM`. Rejects with `TypeError` for what is too long. */
  seal(content: JsonObject): Promise<string>
  /** What was sealed here with one of the keys, for this trust domain and in this version of the format; undefined for anything else. */
  open(sealed: string): Promise<JsonObject | undefined>
}

/** What the sealer needs. */
export interface GrantSealerOptions {
  /** The key to seal with, then older keys that still open. */
  readonly keys: readonly [SealingKey, ...SealingKey[]]
  /** No other domain's grants are opened, whatever their key. */
  readonly trustDomain: string
  /** The `typ` of what is sealed: what was sealed as one thing is never opened as another. @defaultValue `lockstep-grant+jwe` */
  readonly type?: `lockstep-${string}+jwe` | undefined
  /** The longest sealed grant, in characters. @defaultValue 32768: it fits into a row of a queue */
  readonly mostCharacters?: number | undefined
}

const VERSION = 1
const KEY_BYTES = 32
const ALGORITHMS = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

/** Reads a key from its 32 bytes in base64url; makes a new one without. Throws `TypeError` for anything else, without its content. */
export function createSealingKey(secret: string = randomBytes(KEY_BYTES).toString('base64url')): SealingKey {
  const bytes = Buffer.from(secret, 'base64url')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64url') !== secret) {
    throw new TypeError(`expected ${KEY_BYTES} bytes in base64url`)
  }
  const id = createHash('sha256').update('lockstep-grant-key').update(bytes).digest('base64url').slice(0, 16)
  return { id, secret: bytes }
}

/**
 * Creates the sealer of grants. A key is retired by moving it behind its successor and leaving it there for the life of a grant.
 *
 * Throws `TypeError` for an empty trust domain and without keys.
 */
export function createGrantSealer(options: GrantSealerOptions): GrantSealer {
  refuseUnknownOptions(options, ['keys', 'trustDomain', 'type', 'mostCharacters'], 'createGrantSealer()')
  const { keys, trustDomain, type = 'lockstep-grant+jwe', mostCharacters = 32_768 } = options
  const [current] = keys
  if (!current) throw new TypeError('`keys` expected at least one key')
  if (typeof trustDomain !== 'string' || trustDomain === '') throw new TypeError('`trustDomain` expected a name')
  const secretOf = ({ kid, typ }: CompactJWEHeaderParameters): Uint8Array => {
    const key = typ === type ? keys.find(({ id }) => id === kid) : undefined
    if (!key) throw new TypeError('not sealed here')
    return key.secret
  }

  return {
    async seal(content) {
      const text = JSON.stringify({ v: VERSION, aud: trustDomain, content })
      const sealed = await new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: type, kid: current.id })
        .encrypt(current.secret)
      if (sealed.length > mostCharacters) throw new TypeError('the grant is too long to be sealed')
      return sealed
    },

    async open(sealed) {
      // attacker-controlled: whoever writes to the queue chooses it.
      if (typeof sealed !== 'string' || sealed.length > mostCharacters) return undefined
      try {
        const { plaintext } = await compactDecrypt(sealed, secretOf, ALGORITHMS)
        const { v, aud, content, ...others } = JSON.parse(new TextDecoder().decode(plaintext)) as Sealed
        const isOurs = v === VERSION && aud === trustDomain && Object.keys(others).length === 0
        return isOurs ? content : undefined
      } catch {
        return undefined
      }
    },
  }
}

/** INVARIANT: only `seal` encrypts this type with these keys, so what opens has this form, in some version. */
interface Sealed {
  readonly v: number
  readonly aud: string
  readonly content: JsonObject
}
