import { type Clock, LockstepError, parseJson, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type CryptoKey, createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose'
import type { CompactJws } from './compact-jws.ts'
import { type PublicJwk, readPublicJwk } from './public-jwk.ts'

/** Where an issuer's keys come from: exactly one of `jwksUri` and `jwks`. */
export interface IssuerKeysOptions {
  /** The issuer identifier, as in the `iss` claim. */
  readonly issuer: string
  /** URL of the issuer's JWK Set (RFC 7517 section 5): https, or http on a loopback address. */
  readonly jwksUri?: string | undefined
  /** The issuer's JWK Set, inline. A key in it that must not be used is an error. */
  readonly jwks?: { readonly keys: readonly object[] } | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** An issuer's keys. */
export interface IssuerKeys {
  /**
   * The one key that may have signed this JWS; undefined when there is none, or when several would do.
   * Throws LockstepError `gateway.keys-unavailable`.
   */
  find(jws: CompactJws): Promise<CryptoKey | undefined>
}

const SET_LIMITS = { maxBytes: 262_144, maxDepth: 8, maxMembers: 8_192 }
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
/** After a failed fetch, nobody asks the issuer again for this long, in milliseconds. */
const RETRY_AFTER = 5_000

/**
 * Creates the source of an issuer's keys. A remote set is fetched when first needed, kept for ten minutes, and fetched again for an
 * unknown `kid` at most every 30 seconds. Private, symmetric, weak and low-order keys are never loaded.
 *
 * Throws `TypeError` for a URL that is not https, for neither or both sources, and for an inline key that must not be used.
 */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  refuseUnknownOptions(options, ['issuer', 'jwksUri', 'jwks', 'fetch', 'clock'], 'createIssuerKeys()')
  const { jwksUri, jwks } = options
  if ((jwksUri === undefined) === (jwks === undefined)) {
    throw new TypeError('an issuer needs exactly one of `jwksUri` and `jwks`')
  }
  const resolve = jwks ? createLocalJWKSet(readInline(jwks.keys)) : createRemote(String(jwksUri), options)
  return {
    async find(jws) {
      try {
        return await resolve({ ...jws.header, alg: jws.algorithm })
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
          return undefined
        if (error instanceof errors.JOSENotSupported) return undefined
        // The cause is not passed on: it may hold what the issuer answered.
        throw new LockstepError('gateway.keys-unavailable')
      }
    },
  }
}

function readInline(keys: readonly object[]): { keys: PublicJwk[] } {
  return {
    keys: keys.map((key, index) => {
      const jwk = readPublicJwk(key)
      if (!jwk) throw new TypeError(`\`jwks.keys[${index}]\` is not a public key that may be used`)
      return jwk
    }),
  }
}

function createRemote(jwksUri: string, options: IssuerKeysOptions) {
  const url = new URL(jwksUri)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.includes(url.hostname))) {
    throw new TypeError('`jwksUri` expected an https URL')
  }
  const request = options.fetch ?? fetch
  const clock = options.clock ?? systemClock
  let failedAt = Number.NEGATIVE_INFINITY

  const load: typeof request = async (input, init) => {
    const now = clock()
    // A clock that went backwards must not silence us for longer.
    if (now >= failedAt && now < failedAt + RETRY_AFTER) throw new Error('cooling down')
    try {
      const answer = await readRemote(await request(input, init))
      failedAt = Number.NEGATIVE_INFINITY
      return answer
    } catch (error) {
      failedAt = clock()
      throw error
    }
  }
  return createRemoteJWKSet(url, { [customFetch]: load })
}

/** Leaves in a fetched set only the keys that may be used. */
async function readRemote(response: Response): Promise<Response> {
  if (response.status !== 200) throw new Error('the issuer did not answer with its keys')
  // attacker-controlled: the body, until TLS and the issuer are trusted; bounded in any case.
  const set = parseJson(await readBounded(response), SET_LIMITS)
  const found = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(found)) throw new Error('the issuer did not answer with a key set')
  return Response.json({ keys: found.map(readPublicJwk).filter((key) => key !== undefined) })
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > SET_LIMITS.maxBytes) throw new Error('the key set is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
