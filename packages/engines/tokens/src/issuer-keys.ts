import { type Clock, LockstepError, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type CryptoKey, createLocalJWKSet, errors } from 'jose'
import type { CompactJws } from './compact-jws.ts'
import type { KeySet } from './key-set.ts'
import { type PublicJwk, readPublicJwk } from './public-jwk.ts'
import { createRemoteKeySet } from './remote-key-set.ts'

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
  /** Changes whenever a key does; undefined while the keys must be fetched first. */
  epoch(): number | undefined
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

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
  const set = jwks ? createInlineKeySet(jwks.keys) : createRemote(String(jwksUri), options)
  return {
    epoch: () => set.epoch(),
    async find(jws) {
      try {
        return await set.find({ ...jws.header, alg: jws.algorithm })
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

function createInlineKeySet(keys: readonly object[]): KeySet {
  const set = createLocalJWKSet({ keys: keys.map(readInline) })
  return { find: (header) => set(header), epoch: () => 0 }
}

function readInline(key: object, index: number): PublicJwk {
  const jwk = readPublicJwk(key)
  if (!jwk) throw new TypeError(`\`jwks.keys[${index}]\` is not a public key that may be used`)
  return jwk
}

function createRemote(jwksUri: string, options: IssuerKeysOptions): KeySet {
  const url = new URL(jwksUri)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.includes(url.hostname))) {
    throw new TypeError('`jwksUri` expected an https URL')
  }
  return createRemoteKeySet({ url, fetch: options.fetch ?? fetch, clock: options.clock ?? systemClock })
}
