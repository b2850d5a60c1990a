import { type Clock, isLockstepError, type Outcome, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type CryptoKey, compactVerify } from 'jose'
import type { AccessToken } from './access-token.ts'
import { readAccessTokenClaims } from './access-token-claims.ts'
import { type Algorithm, checkAlgorithms } from './algorithm.ts'
import { type CompactJws, readCompactJws } from './compact-jws.ts'
import { createIssuerKeys, type IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts'
import { refuse } from './refuse.ts'

/** An authorization server whose access tokens are accepted. */
export interface TrustedIssuer extends Pick<IssuerKeysOptions, 'issuer' | 'jwksUri' | 'jwks'> {
  /** Algorithms that its tokens may be signed with. @defaultValue ES256, EdDSA, Ed25519, PS256, RS256 */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** Whether its tokens may name other audiences beside ours. @defaultValue false */
  readonly multiAudience?: boolean | undefined
  /** The longest life of its tokens, `exp - iat` in seconds. @defaultValue 86400 */
  readonly maxLifetime?: number | undefined
}

/** What the verifier holds tokens against. */
export interface AccessTokenVerifierOptions {
  readonly issuers: readonly TrustedIssuer[]
  /** The one value that `aud` must be: this server's resource URL (RFC 8707). */
  readonly audience: string
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Fetches the issuers' keys. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
}

/** Verifies access tokens. */
export interface AccessTokenVerifier {
  /** Denies with `gateway.token-invalid`, `gateway.token-expired` or `gateway.keys-unavailable`. Never rejects. */
  verify(token: string): Promise<Outcome<AccessToken>>
}

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
const DAY = 86_400
const KEYS = ['issuers', 'audience', 'clock', 'fetch']
const ISSUER_KEYS = ['issuer', 'jwksUri', 'jwks', 'algorithms', 'multiAudience', 'maxLifetime']

interface IssuerRules {
  readonly algorithms: readonly string[]
  readonly multiAudience: boolean
  readonly maxLifetime: number
  readonly keys: IssuerKeys
}

/**
 * Creates the verifier of JWT access tokens (RFC 9068) of one or several issuers, each with its own keys and algorithms (RFC 8725
 * sections 3.1 and 3.8). Keys in the token itself (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 *
 * Throws `TypeError` for no issuer, the same issuer twice, or an issuer whose keys or algorithms may not be used.
 */
export function createAccessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const { audience, clock = systemClock } = options
  refuseUnknownOptions(options, KEYS, 'createAccessTokenVerifier()')
  const issuers = readIssuers(options)

  return {
    async verify(token) {
      const jws = readCompactJws(token)
      if (!jws) return refuse('gateway.token-invalid', 'it is not a strict compact JWT')
      if (jws.type !== 'at+jwt') return refuse('gateway.token-invalid', 'its type is not `at+jwt`')
      // attacker-controlled: `iss` only chooses which rules and keys the signature is held against.
      const rules = typeof jws.payload.iss === 'string' ? issuers.get(jws.payload.iss) : undefined
      if (!rules) return refuse('gateway.token-invalid', 'its issuer is not trusted')
      if (!rules.algorithms.includes(jws.algorithm))
        return refuse('gateway.token-invalid', 'its algorithm is not allowed')

      const key = await findKey(rules.keys, jws)
      if (key === 'unavailable') return refuse('gateway.keys-unavailable')
      if (!key || !(await isSigned(token, key, jws.algorithm))) {
        // One answer for an unknown and for a wrong key.
        return refuse('gateway.token-invalid', 'its signature does not verify')
      }
      const { multiAudience, maxLifetime } = rules
      return readAccessTokenClaims(jws.payload, { audience, multiAudience, maxLifetime, now: clock() / 1000 })
    },
  }
}

function readIssuers(options: AccessTokenVerifierOptions): ReadonlyMap<string, IssuerRules> {
  const { issuers, fetch, clock } = options
  if (issuers.length === 0) throw new TypeError('`issuers` expected at least one issuer')
  const rules = new Map<string, IssuerRules>()
  for (const trusted of issuers) {
    refuseUnknownOptions(trusted, ISSUER_KEYS, '`issuers`')
    const { issuer, jwksUri, jwks, algorithms = DEFAULT_ALGORITHMS, multiAudience = false, maxLifetime = DAY } = trusted
    if (typeof issuer !== 'string' || issuer === '') throw new TypeError('`issuer` expected a non-empty string')
    if (rules.has(issuer)) throw new TypeError(`\`issuers\` names ${issuer} twice`)
    if (!(maxLifetime > 0 && Number.isFinite(maxLifetime)))
      throw new TypeError('`maxLifetime` expected seconds above 0')
    checkAlgorithms(algorithms, 'algorithms')
    rules.set(issuer, {
      algorithms,
      multiAudience,
      maxLifetime,
      keys: createIssuerKeys({ issuer, jwksUri, jwks, fetch, clock }),
    })
  }
  return rules
}

async function findKey(keys: IssuerKeys, jws: CompactJws): Promise<CryptoKey | undefined | 'unavailable'> {
  try {
    return await keys.find(jws)
  } catch (error) {
    if (isLockstepError(error)) return 'unavailable'
    throw error
  }
}

async function isSigned(token: string, key: CryptoKey, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch {
    return false
  }
}
