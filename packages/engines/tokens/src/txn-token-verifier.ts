import {
  type Clock,
  createBoundedMemory,
  type JsonObject,
  type Outcome,
  refuseUnknownOptions,
  systemClock,
} from '@lockstep/core'
import type { Algorithm } from './algorithm.ts'
import { type JoseHeader, readCompactJws } from './compact-jws.ts'
import { findSignatureCheck } from './find-signature-check.ts'
import { createIssuerKeys, type IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts'
import { type LegacyTerms, readLegacyTxnTokenClaims } from './legacy-txn-token-claims.ts'
import { refuse } from './refuse.ts'
import type { SignatureCheck } from './signature-verifier.ts'
import { LEGACY_TXN_TOKEN_TYPE, TXN_TOKEN_LIFETIME, TXN_TOKEN_TYPE, type TxnToken } from './txn-token.ts'
import { readTxnTokenClaims } from './txn-token-claims.ts'
import { signaturesBy, type Verification } from './verification.ts'

/** What the verifier holds tokens against. */
export interface TxnTokenVerifierOptions extends Pick<IssuerKeysOptions, 'issuer' | 'jwks' | 'jwksUri' | 'fetch'> {
  /** The one value that `aud` must be. */
  readonly trustDomain: string
  /** Whose tokens in the older form count too. @defaultValue nobody's */
  readonly legacy?: LegacyTxnTokens | undefined
  /** @defaultValue `fast` */
  readonly verification?: Verification | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** An issuer of tokens in the older form (`mcp-txn+jwt`), with what its tokens leave unsaid. */
export interface LegacyTxnTokens
  extends Pick<IssuerKeysOptions, 'issuer' | 'jwks' | 'jwksUri'>,
    Omit<LegacyTerms, 'trustDomain'> {}

/** Verifies transaction tokens. */
export interface TxnTokenVerifier {
  /**
   * Reads a token that our service signed for our trust domain and that has not expired. Whether the caller that presents it is the one
   * that it was issued to, and whether it was used before, is judged by the layer that asks.
   *
   * Denies with `invocation.txn-token-invalid` or `gateway.keys-unavailable`. Never rejects.
   */
  verify(jwt: string): Promise<Outcome<TxnToken>>
}

const KEYS = ['issuer', 'jwks', 'jwksUri', 'fetch', 'trustDomain', 'legacy', 'verification', 'clock']
const LEGACY_KEYS = ['issuer', 'jwks', 'jwksUri', 'audiences', 'subjectIssuer', 'resource']
const ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA']
const INVALID = 'invocation.txn-token-invalid'
const MAX_SIGNERS = 64

/** A header under which a token was verified, and the key that it names. */
interface KnownSigner {
  readonly head: JoseHeader
  readonly isSigned: SignatureCheck
  /** The epoch of the keys that it was found in. */
  readonly epoch: number
}

/** How far ahead of ours the clock of another process of the trust domain may run, in seconds. Nothing lengthens `exp`. */
const CLOCK_SKEW = 5

/**
 * Creates the verifier of transaction tokens (draft-ietf-oauth-transaction-tokens-10, profile of one call). The keys are the service's
 * `jwks()`, inline or by URL: exactly one of the two.
 *
 * Throws `TypeError` for an empty trust domain and for keys that may not be used.
 */
export function createTxnTokenVerifier(options: TxnTokenVerifierOptions): TxnTokenVerifier {
  refuseUnknownOptions(options, KEYS, 'createTxnTokenVerifier()')
  const { issuer, jwks, jwksUri, fetch, trustDomain, verification = 'fast', clock = systemClock } = options
  for (const [name, value] of Object.entries({ issuer, trustDomain })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`\`${name}\` expected a non-empty string`)
  }
  const forms = new Map<string, Form>([
    [
      TXN_TOKEN_TYPE,
      { issuer, keys: createIssuerKeys({ issuer, jwks, jwksUri, fetch, clock }), read: readTxnTokenClaims },
    ],
  ])
  if (options.legacy) forms.set(LEGACY_TXN_TOKEN_TYPE, createLegacyForm(options.legacy, options))
  const signatures = signaturesBy(verification)
  // What one key signs has the same header, byte by byte.
  const signers = verification === 'fast' ? createBoundedMemory<KnownSigner>(MAX_SIGNERS) : undefined

  return {
    async verify(jwt) {
      const jws = readCompactJws(jwt, (segment) => signers?.get(segment)?.head)
      if (!jws) return refuse(INVALID, 'it is not one strict compact JWT')
      const form = forms.get(jws.type)
      if (!form) return refuse(INVALID, 'its type is not that of a transaction token')
      const algorithm = ALGORITHMS.find((allowed) => allowed === jws.algorithm)
      if (!algorithm) return refuse(INVALID, 'its algorithm is not allowed')
      if (jws.header.kid === undefined) return refuse(INVALID, 'it names no key')
      // The type is a part of the header, so what is remembered under one belongs to one form. INVARIANT: the epoch is taken before the key is looked for, so that no signature counts under keys that came later.
      const epoch = form.keys.epoch()
      const known = signers?.get(jws.headerSegment)
      const isCurrent = known !== undefined && known.epoch === epoch
      const isSigned = isCurrent ? known.isSigned : await findSignatureCheck(jws, algorithm, form.keys, signatures)
      if (isSigned === 'unavailable') return refuse('gateway.keys-unavailable')
      // One answer for an unknown and for a wrong key.
      const holds = isSigned?.(jws)
      if (!isSigned || (holds !== true && !(await holds))) return refuse(INVALID, 'its signature does not verify')
      if (!isCurrent && epoch !== undefined) signers?.set(jws.headerSegment, { head: headOf(jws), isSigned, epoch })

      const token = form.read(jws.payload)
      if (!token) return refuse(INVALID, 'its claims are not those of this profile')
      if (token.issuer !== form.issuer) return refuse(INVALID, 'its issuer is not trusted')
      if (token.trustDomain !== trustDomain) return refuse(INVALID, 'it is for another trust domain')
      const untimely = describeTime(token, clock() / 1000)
      return untimely ? refuse(INVALID, untimely) : { ok: true, value: token }
    },
  }
}

/** One form of transaction tokens: whose they are, by which keys, and how their claims are read. */
interface Form {
  readonly issuer: string
  readonly keys: IssuerKeys
  readonly read: (claims: JsonObject) => TxnToken | undefined
}

function createLegacyForm(legacy: LegacyTxnTokens, { trustDomain, fetch, clock }: TxnTokenVerifierOptions): Form {
  refuseUnknownOptions(legacy, LEGACY_KEYS, '`legacy`')
  const { issuer, jwks, jwksUri, audiences, subjectIssuer, resource } = legacy
  const named = { issuer, subjectIssuer, resource, ...audiences }
  for (const [name, value] of Object.entries(named)) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`\`legacy\`: \`${name}\` expected a name`)
  }
  if (new Set(Object.values(audiences)).size !== Object.keys(audiences).length) {
    throw new TypeError('`legacy.audiences` names an audience twice')
  }
  return {
    issuer,
    keys: createIssuerKeys({ issuer, jwks, jwksUri, fetch, clock }),
    read: (claims) => readLegacyTxnTokenClaims(claims, { audiences, subjectIssuer, resource, trustDomain }),
  }
}

function headOf({ type, algorithm, header }: JoseHeader): JoseHeader {
  return { type, algorithm, header }
}

function describeTime({ issuedAt, expiresAt }: TxnToken, now: number): string | undefined {
  if (expiresAt <= now) return 'it has expired'
  if (issuedAt > now + CLOCK_SKEW) return 'it was issued in the future'
  if (expiresAt <= issuedAt || expiresAt - issuedAt > TXN_TOKEN_LIFETIME) return 'its life is not that of a call'
  return undefined
}
