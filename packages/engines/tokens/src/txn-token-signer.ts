import { randomUUID } from 'node:crypto'
import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import type { PublicJwk } from './public-jwk.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKey } from './signing-key.ts'
import { TXN_TOKEN_LIFETIME, TXN_TOKEN_TYPE, type TxnToken, type TxnTokenGrant } from './txn-token.ts'
import { readTxnTokenClaims, writeTxnTokenClaims } from './txn-token-claims.ts'

/** Who signs, and for whom. */
export interface TxnTokenSignerOptions {
  /** The key to sign with, then older keys that still verify. */
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  /** The `aud`: the trust domain in which the tokens count. */
  readonly trustDomain: string
  /** The `iss`: the transaction token service. */
  readonly issuer: string
  /** The `req_wl`: the workload that asks for the tokens. */
  readonly requestingWorkload: string
  /** Seconds, whole, at most 60. @defaultValue 60 */
  readonly lifetime?: number | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** A token as it travels, with what it says. */
export interface SignedTxnToken {
  /** The compact JWS. Never log it. */
  readonly jwt: string
  readonly token: TxnToken
}

/** Signs transaction tokens. */
export interface TxnTokenSigner {
  readonly trustDomain: string
  /**
   * Signs a token that expires at `notAfter` (seconds since the epoch) at the latest. Resolves to undefined when nothing would be left of
   * its life. Rejects with `TypeError` for a grant that no verifier would read. With `replaces`, it is the same transaction: its `txn`, so that
   * of all its tokens one counts. What replaces only a `transactionId` is a further call in the course of that transaction, and counts for itself.
   */
  sign(
    grant: TxnTokenGrant,
    notAfter: number,
    replaces?: Pick<TxnToken, 'id' | 'transactionId'> | { readonly id?: undefined; readonly transactionId: string },
  ): Promise<SignedTxnToken | undefined>
  /** The public keys, for those who verify elsewhere. */
  jwks(): { readonly keys: readonly PublicJwk[] }
}

const KEYS = ['keys', 'trustDomain', 'issuer', 'requestingWorkload', 'lifetime', 'clock']
/** All headers of a request must fit into the 16 KiB that node reads; an access token and its proof are among them. */
const MAX_LENGTH = 8_192

/**
 * Creates the signer of transaction tokens (draft-ietf-oauth-transaction-tokens-10, profile of one call). A key is retired by moving it
 * behind its successor and leaving it there for the life of a token.
 *
 * Throws `TypeError` for an empty name or a life outside 1 to 60 seconds.
 */
export function createTxnTokenSigner(options: TxnTokenSignerOptions): TxnTokenSigner {
  refuseUnknownOptions(options, KEYS, 'createTxnTokenSigner()')
  const { keys, trustDomain, issuer, requestingWorkload, lifetime = TXN_TOKEN_LIFETIME, clock = systemClock } = options
  for (const [name, value] of Object.entries({ trustDomain, issuer, requestingWorkload })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`\`${name}\` expected a non-empty string`)
  }
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > TXN_TOKEN_LIFETIME) {
    throw new TypeError('`lifetime` expected 1 to 60 whole seconds')
  }
  const [current] = keys
  if (!current) throw new TypeError('`keys` expected at least one key')
  const published = keys.map((key) => ({ ...key.publicJwk, kid: key.thumbprint, alg: key.algorithm, use: 'sig' }))

  return {
    trustDomain,
    async sign(grant, notAfter, replaces) {
      const now = clock() / 1000
      const issuedAt = Math.floor(now)
      const expiresAt = Math.min(issuedAt + lifetime, Math.floor(notAfter))
      if (!(expiresAt > now)) return undefined
      const claims = writeTxnTokenClaims({
        requestingWorkload,
        ...grant,
        issuer,
        trustDomain,
        id: replaces?.id ?? randomUUID(),
        ...(replaces?.transactionId === undefined ? {} : { transactionId: replaces.transactionId }),
        issuedAt,
        expiresAt,
      })
      const token = readTxnTokenClaims(claims)
      if (!token) throw new TypeError('the grant cannot be stated in a transaction token')
      const jwt = await signJwt(current, TXN_TOKEN_TYPE, claims)
      if (jwt.length > MAX_LENGTH) throw new TypeError('the grant is too long for a header')
      return { jwt, token }
    },
    jwks: () => ({ keys: published }),
  }
}
