import {
  type Clock,
  createBoundedMemory,
  type JsonObject,
  type JsonValue,
  type Outcome,
  refuseUnknownOptions,
  systemClock,
} from '@lockstep/core'
import { type Algorithm, checkAlgorithms } from './algorithm.ts'
import { readCompactJws } from './compact-jws.ts'
import { type EmbeddedKey, readEmbeddedKey } from './embedded-key.ts'
import { HashedToken } from './hashed-token.ts'
import { type CompareProofUrl, createProofUrlComparison } from './proof-url.ts'
import { refuse } from './refuse.ts'
import { signaturesBy, type Verification } from './verification.ts'

/** How proofs are judged. */
export interface ProofVerifierOptions {
  /** Algorithms that a proof may be signed with; EdDSA also by its newer name `Ed25519`. @defaultValue ES256, EdDSA */
  readonly algorithms?: readonly Algorithm[] | undefined
  /**
   * How old a proof may be and how far ahead its clock may run, in seconds: at least 10 (FAPI 2.0), at most 300 (SEP-1932).
   * @defaultValue 60
   */
  readonly window?: number | undefined
  /** @defaultValue `fast` */
  readonly verification?: Verification | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** One request with its proof. */
export interface ProvedRequest {
  /** The value of the DPoP header. */
  readonly proofJwt: string
  readonly method: string
  /** The URL of the request as the public knows it: from configuration, never from the Host header. */
  readonly url: string
  /** As text, or hashed already. */
  readonly accessToken: string | HashedToken
  /** The `cnf.jkt` of the access token. */
  readonly thumbprint: string
}

/** A proof that holds, except that it may have been used before. */
export interface VerifiedProof {
  readonly jkt: string
  readonly jti: string
  /** The server's nonce, as the proof states it: judged by whoever asks for nonces. */
  readonly nonce?: string
  /** Its `iat`, in whole milliseconds since the epoch. */
  readonly issuedAt: number
  /** Milliseconds since the epoch until which the pair of `jkt` and `jti` must be remembered. */
  readonly expiresAt: number
}

/** Verifies DPoP proofs. */
export interface ProofVerifier {
  readonly algorithms: readonly Algorithm[]
  /** Denies with `gateway.proof-invalid` or `gateway.proof-key`. Remembers nothing: the caller consumes the proof, last of all. */
  verify(request: ProvedRequest): Promise<Outcome<VerifiedProof>>
}

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA']
const MAX_JTI_LENGTH = 256
/** How far ahead of ours the clock of a client may run that states an `nbf`, in seconds (FAPI 2.0). */
const CLOCK_SKEW = 10
/** How many keys of clients are remembered, and how long their headers may be: an RSA key of 4096 bits fits. */
const MAX_KEYS = 5_000
const MAX_KNOWN_HEADER = 1_024

/**
 * Creates the verifier of DPoP proofs (RFC 9449 section 4.3, SEP-1932): type, algorithm, a public key that may be used, method, URL,
 * time, token hash, signature, and the key that the token is bound to. A nonce lifts no bound; whether it is the one that was asked for
 * is judged by the caller.
 *
 * Throws `TypeError` for an unsupported algorithm or a window outside 10 to 300 seconds.
 */
export function createProofVerifier(options: ProofVerifierOptions = {}): ProofVerifier {
  const { algorithms = DEFAULT_ALGORITHMS, window = 60, verification = 'fast', clock = systemClock } = options
  refuseUnknownOptions(options, ['algorithms', 'window', 'verification', 'clock'], 'createProofVerifier()')
  checkAlgorithms(algorithms, 'proof.algorithms')
  // Clients that follow RFC 9864 call the same signature by the same key `Ed25519`.
  const accepted: readonly Algorithm[] = algorithms.includes('EdDSA') ? [...algorithms, 'Ed25519'] : algorithms
  if (!(window >= 10 && window <= 300)) throw new TypeError('`proof.window` expected 10 to 300 seconds')
  const signatures = signaturesBy(verification)
  const isUrl = createProofUrlComparison()
  // Proofs of one client have the same header, byte by byte.
  const keys = verification === 'fast' ? createBoundedMemory<EmbeddedKey>(MAX_KEYS) : undefined

  return {
    algorithms,
    async verify(request) {
      const jws = readCompactJws(request.proofJwt, (segment) => keys?.get(segment)?.head)
      if (!jws) return refuse('gateway.proof-invalid', 'it is not one strict compact JWT')
      if (jws.type !== 'dpop+jwt') return refuse('gateway.proof-invalid', 'its type is not `dpop+jwt`')
      const algorithm = accepted.find((allowed) => allowed === jws.algorithm)
      if (!algorithm) return refuse('gateway.proof-invalid', 'its algorithm is not allowed')
      const known = keys?.get(jws.headerSegment)
      const key = known ?? readEmbeddedKey(jws, algorithm, signatures)
      if (!key) return refuse('gateway.proof-invalid', 'its `jwk` is not a public key that may be used')

      const { jti, iat, nonce } = jws.payload
      if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
        return refuse('gateway.proof-invalid', 'its `jti` is missing or too long')
      }
      const mismatch = describeMismatch(jws.payload, request, isUrl)
      if (mismatch) return refuse('gateway.proof-invalid', mismatch)
      if (!isTimely(jws.payload, clock() / 1000, window))
        return refuse('gateway.proof-invalid', 'it is not of this moment')
      // What is known at once is not waited for.
      const holds = key.isSigned(jws)
      if (holds !== true && !(await holds)) return refuse('gateway.proof-invalid', 'its signature does not verify')
      const named = key.thumbprint()
      const jkt = typeof named === 'string' ? named : await named
      if (jkt !== request.thumbprint) return refuse('gateway.proof-key')
      // INVARIANT: only a key that a token is bound to, and that has signed, is remembered: strangers push nobody out.
      if (!known && jws.headerSegment.length <= MAX_KNOWN_HEADER) keys?.set(jws.headerSegment, key)
      const issuedAt = Math.floor(Number(iat) * 1000)
      // One second more than the proof is acceptable, so that rounding never lets it be used twice.
      const expiresAt = Math.ceil((Number(iat) + window + 1) * 1000)
      return { ok: true, value: { jkt, jti, issuedAt, ...(typeof nonce === 'string' ? { nonce } : {}), expiresAt } }
    },
  }
}

function describeMismatch({ htm, htu, ath }: JsonObject, request: ProvedRequest, isUrl: CompareProofUrl) {
  if (htm !== request.method) return 'its `htm` is not the method'
  if (typeof htu !== 'string' || !isUrl(htu, request.url)) return 'its `htu` is not the URL'
  const { accessToken } = request
  const { hash } = typeof accessToken === 'string' ? new HashedToken(accessToken) : accessToken
  if (ath !== hash) return 'its `ath` is not of the token'
  return undefined
}

function isTimely({ iat, exp, nbf }: JsonObject, now: number, window: number): boolean {
  if (!isTime(iat) || Math.abs(now - iat) > window) return false
  // RFC 9449 knows no exp and nbf in a proof; a client that states them is taken at its word.
  if (exp !== undefined && !(isTime(exp) && exp > now)) return false
  return nbf === undefined || (isTime(nbf) && nbf <= now + CLOCK_SKEW)
}

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
