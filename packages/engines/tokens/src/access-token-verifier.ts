import {
  type Clock,
  createBoundedMemory,
  deepFreeze,
  type JsonObject,
  type Outcome,
  refuseUnknownOptions,
  systemClock,
} from '@lockstep/core'
import type { AccessToken } from './access-token.ts'
import { readAccessTokenClaims } from './access-token-claims.ts'
import { type Algorithm, checkAlgorithms } from './algorithm.ts'
import { readCompactJws } from './compact-jws.ts'
import { findSignatureCheck } from './find-signature-check.ts'
import { HashedToken } from './hashed-token.ts'
import { createIssuerKeys, type IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts'
import { refuse } from './refuse.ts'
import { type IssuerPreset, misshapen, RFC_9068, TOKEN_SHAPES, type TokenShape } from './token-shape.ts'
import { signaturesBy, type Verification } from './verification.ts'

/** An authorization server whose access tokens are accepted. */
export interface TrustedIssuer extends Pick<IssuerKeysOptions, 'issuer' | 'jwksUri' | 'jwks'> {
  /** Algorithms that its tokens may be signed with. @defaultValue ES256, EdDSA, Ed25519, PS256, RS256 */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** The product that issues its tokens, where these are not in the form of RFC 9068. @defaultValue RFC 9068 */
  readonly preset?: IssuerPreset | undefined
  /** The one value that `aud` must be, for an issuer that cannot put our resource URL there. @defaultValue the resource URL */
  readonly audience?: string | undefined
  /** Whether its tokens may name other audiences beside ours: whichever, or those listed. @defaultValue false */
  readonly multiAudience?: boolean | readonly string[] | undefined
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
  /** @defaultValue `fast` */
  readonly verification?: Verification | undefined
}

/** Verifies access tokens. */
export interface AccessTokenVerifier {
  /** Denies with `gateway.token-invalid`, `gateway.token-expired` or `gateway.keys-unavailable`. Never rejects. */
  verify(token: string | HashedToken): Promise<Outcome<AccessToken>>
  /** Forgets which tokens were verified: each is verified anew when it comes again. */
  forgetVerified(): void
}

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
const DAY = 86_400
/** How many verified tokens are remembered, and how long they may be, in characters. */
const MAX_TOKENS = 5_000
const MAX_REMEMBERED_LENGTH = 4_096
const KEYS = ['issuers', 'audience', 'clock', 'fetch', 'verification']
const ISSUER_KEYS = [
  ...['issuer', 'jwksUri', 'jwks', 'algorithms', 'preset', 'audience', 'multiAudience', 'maxLifetime'],
]

interface IssuerRules {
  readonly algorithms: readonly Algorithm[]
  readonly shape: TokenShape
  readonly audience: string
  readonly multiAudience: boolean | readonly string[]
  readonly maxLifetime: number
  readonly keys: IssuerKeys
}

/** What is remembered of a token that was verified. Times are seconds since the epoch. */
interface VerifiedToken {
  /** Frozen all the way down. The same object every time, so that others can remember what follows from it. */
  readonly value: AccessToken
  readonly keys: IssuerKeys
  /** The epoch of the keys that its signature was verified with. */
  readonly epoch: number
  readonly judgedAt: number
}

/**
 * Creates the verifier of JWT access tokens (RFC 9068) of one or several issuers, each with its own keys and algorithms (RFC 8725
 * sections 3.1 and 3.8). Keys in the token itself (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 *
 * The fast verification remembers a verified token by its SHA-256, for as long as its issuer's keys are the same and it has not expired.
 * INVARIANT: nothing is revoked by this hash: a token has several spellings (the second form of an ECDSA signature), and each is verified
 * for itself.
 *
 * Throws `TypeError` for no issuer, the same issuer twice, or an issuer whose keys or algorithms may not be used.
 */
export function createAccessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const { clock = systemClock, verification = 'fast' } = options
  refuseUnknownOptions(options, KEYS, 'createAccessTokenVerifier()')
  const issuers = readIssuers(options)
  const signatures = signaturesBy(verification)
  const createMemory = () => (verification === 'fast' ? createBoundedMemory<VerifiedToken>(MAX_TOKENS) : undefined)
  let memory = createMemory()

  const verifyAnew = async (token: HashedToken): Promise<Outcome<AccessToken>> => {
    // What is verified while everything is forgotten is remembered where nobody looks.
    const remembered = memory
    const jws = readCompactJws(token.text)
    if (!jws) return refuse('gateway.token-invalid', 'it is not a strict compact JWT')
    // attacker-controlled: `iss` only chooses which rules and keys the signature is held against.
    const rules = typeof jws.payload.iss === 'string' ? issuers.get(jws.payload.iss) : undefined
    if (!rules) return refuse('gateway.token-invalid', 'its issuer is not trusted')
    const unfit = misshapen(jws, rules.shape)
    if (unfit) return refuse('gateway.token-invalid', unfit)
    const algorithm = rules.algorithms.find((allowed) => allowed === jws.algorithm)
    if (!algorithm) return refuse('gateway.token-invalid', 'its algorithm is not allowed')

    // INVARIANT: taken before the key is looked for, so that no signature counts under keys that came later.
    const epoch = rules.keys.epoch()
    const isSigned = await findSignatureCheck(jws, algorithm, rules.keys, signatures)
    if (isSigned === 'unavailable') return refuse('gateway.keys-unavailable')
    // One answer for an unknown and for a wrong key.
    if (!(await isSigned?.(jws))) return refuse('gateway.token-invalid', 'its signature does not verify')

    const now = clock() / 1000
    // INVARIANT: nothing that is remembered can be changed by whoever it is given to.
    const outcome = readAccessTokenClaims(deepFreeze(jws.payload), rules, now)
    if (
      outcome.ok &&
      epoch !== undefined &&
      token.text.length <= MAX_REMEMBERED_LENGTH &&
      isSettled(jws.payload, now)
    ) {
      remembered?.set(token.hash, { value: outcome.value, keys: rules.keys, epoch, judgedAt: now })
    }
    return outcome
  }

  return {
    async verify(given) {
      const token = typeof given === 'string' ? new HashedToken(given) : given
      const known = memory?.get(token.hash)
      return known && stillHolds(known, clock() / 1000) ? { ok: true, value: known.value } : verifyAnew(token)
    },
    forgetVerified() {
      memory = createMemory()
    },
  }
}

/** Whether time can change nothing of what was concluded but its end: what a claim says of the future must be judged again. */
function isSettled({ iat, nbf, auth_time: signIn }: JsonObject, now: number): boolean {
  return ![iat, nbf, signIn].some((time) => typeof time === 'number' && time > now)
}

/** A clock that went back, keys that changed or are too old, the end of its life: then it is verified anew, and gets that answer. */
function stillHolds({ value, keys, epoch, judgedAt }: VerifiedToken, now: number): boolean {
  return now >= judgedAt && value.expiresAt > now && keys.epoch() === epoch
}

function readIssuers(options: AccessTokenVerifierOptions): ReadonlyMap<string, IssuerRules> {
  const { issuers, fetch, clock } = options
  if (issuers.length === 0) throw new TypeError('`issuers` expected at least one issuer')
  const rules = new Map<string, IssuerRules>()
  for (const trusted of issuers) {
    refuseUnknownOptions(trusted, ISSUER_KEYS, '`issuers`')
    const { issuer, jwksUri, jwks, algorithms = DEFAULT_ALGORITHMS, multiAudience = false, maxLifetime = DAY } = trusted
    const { preset, audience = options.audience } = trusted
    if (preset !== undefined && !Object.hasOwn(TOKEN_SHAPES, preset)) {
      throw new TypeError(`\`preset\` expected one of ${Object.keys(TOKEN_SHAPES).join(', ')}`)
    }
    if (typeof audience !== 'string' || audience === '') throw new TypeError('`audience` expected a non-empty string')
    if (typeof issuer !== 'string' || issuer === '') throw new TypeError('`issuer` expected a non-empty string')
    if (rules.has(issuer)) throw new TypeError(`\`issuers\` names ${issuer} twice`)
    // INVARIANT: no text: it would hold every part of itself.
    if (typeof multiAudience !== 'boolean' && !(Array.isArray(multiAudience) && multiAudience.every(isNamed))) {
      throw new TypeError('`multiAudience` expected true, false or a list of audiences')
    }
    if (!(maxLifetime > 0 && Number.isFinite(maxLifetime)))
      throw new TypeError('`maxLifetime` expected seconds above 0')
    checkAlgorithms(algorithms, 'algorithms')
    rules.set(issuer, {
      algorithms,
      shape: preset === undefined ? RFC_9068 : TOKEN_SHAPES[preset],
      audience,
      multiAudience,
      maxLifetime,
      keys: createIssuerKeys({ issuer, jwksUri, jwks, fetch, clock }),
    })
  }
  return rules
}

function isNamed(name: unknown): boolean {
  return typeof name === 'string' && name !== ''
}
