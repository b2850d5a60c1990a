import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  refuseUnknownOptions,
  systemClock,
} from '@lockstep/core'
import { type Algorithm, checkAlgorithms } from './algorithm.ts'
import { readCompactJws } from './compact-jws.ts'
import { findSignatureCheck } from './find-signature-check.ts'
import { createIssuerKeys, type IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts'
import type { SecurityEvent, SecurityEventError } from './security-event.ts'
import { signaturesBy } from './verification.ts'

/** Who may send security events (a transmitter of OpenID SSF), and under which name it knows us. */
export interface Transmitter extends Pick<IssuerKeysOptions, 'issuer' | 'jwksUri' | 'jwks'> {
  /** What `aud` must name. Others may be named beside it: an event of ours is no secret of theirs that could be used here. */
  readonly audience: string
  /** Algorithms that it may sign with. @defaultValue ES256, EdDSA, Ed25519, PS256, RS256 */
  readonly algorithms?: readonly Algorithm[] | undefined
}

/** What the verifier of security events rests on. */
export interface SecurityEventVerifierOptions {
  readonly transmitters: readonly Transmitter[]
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Fetches the transmitters' keys. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
}

/** Verifies security event tokens. */
export interface SecurityEventVerifier {
  /** Never rejects. */
  verify(
    token: string,
  ): Promise<
    { readonly ok: true; readonly value: SecurityEvent } | { readonly ok: false; readonly error: SecurityEventError }
  >
}

const TYPE = 'secevent+jwt'
const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
/** How far ahead of ours a transmitter's clock may run, in seconds. */
const CLOCK_SKEW = 10
/** How old an event may be, in seconds: a transmitter delivers late after an outage (RFC 8935 section 2.1), and not forever. */
const MAX_AGE = 7 * 86_400
const MAX_LENGTH = 512

interface TransmitterRules {
  readonly audience: string
  readonly algorithms: readonly Algorithm[]
  readonly keys: IssuerKeys
}

/**
 * Creates the verifier of security event tokens (RFC 8417; OpenID Shared Signals Framework 1.0 section 4): explicitly typed, signed by a
 * configured transmitter, for us, with an id, a time, exactly one event and no `sub` or `exp`, by which an access token or an ID token would
 * be told from it too late.
 *
 * Throws `TypeError` for no transmitter, the same one twice, or one whose keys or algorithms may not be used.
 *
 * @example
 * ```ts
 * const verifier = createSecurityEventVerifier({
 *   transmitters: [{ issuer: 'https://idp.example', audience: 'https://mcp.example', jwksUri: 'https://idp.example/jwks' }],
 * })
 * const outcome = await verifier.verify(token)
 * if (outcome.ok) console.log(outcome.value.type)
 * ```
 */
export function createSecurityEventVerifier(options: SecurityEventVerifierOptions): SecurityEventVerifier {
  refuseUnknownOptions(options, ['transmitters', 'clock', 'fetch'], 'createSecurityEventVerifier()')
  const { clock = systemClock } = options
  const transmitters = readTransmitters(options)
  // The library each time: events are few, and nothing here is on the path of a call.
  const signatures = signaturesBy('jose')

  return {
    async verify(token) {
      const jws = readCompactJws(token)
      if (!jws || jws.type !== TYPE) return refuse('invalid_request')
      // attacker-controlled: `iss` only chooses which rules and keys the signature is held against.
      const rules = typeof jws.payload.iss === 'string' ? transmitters.get(jws.payload.iss) : undefined
      if (!rules) return refuse('invalid_issuer')
      const algorithm = rules.algorithms.find((allowed) => allowed === jws.algorithm)
      if (!algorithm) return refuse('invalid_key')
      const isSigned = await findSignatureCheck(jws, algorithm, rules.keys, signatures)
      if (isSigned === 'unavailable') return refuse('unavailable')
      if (!(await isSigned?.(jws))) return refuse('invalid_key')
      if (!names(jws.payload.aud, rules.audience)) return refuse('invalid_audience')
      const value = readEvent(jws.payload, clock() / 1000)
      return value ? { ok: true, value } : refuse('invalid_request')
    },
  }
}

function refuse(error: SecurityEventError): { readonly ok: false; readonly error: SecurityEventError } {
  return { ok: false, error }
}

function names(aud: JsonValue | undefined, audience: string): boolean {
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience
}

function readEvent(claims: JsonObject, now: number): SecurityEvent | undefined {
  const { iss, jti, iat, events, sub, exp, sub_id: subject } = claims
  if (sub !== undefined || exp !== undefined) return undefined
  if (typeof iss !== 'string' || !isId(jti) || typeof iat !== 'number' || !isJsonObject(events)) return undefined
  if (!(iat <= now + CLOCK_SKEW && iat >= now - MAX_AGE)) return undefined
  // INVARIANT: exactly one: a second event could be one that is never looked at.
  const [stated, ...others] = Object.entries(events)
  if (!stated || others.length > 0 || (subject !== undefined && !isJsonObject(subject))) return undefined
  const [type, event] = stated
  if (!isId(type) || !isJsonObject(event)) return undefined
  return Object.freeze({ issuer: iss, id: jti, issuedAt: iat, type, event, ...(subject ? { subject } : {}) })
}

function isId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH && value.isWellFormed()
}

function readTransmitters(options: SecurityEventVerifierOptions): ReadonlyMap<string, TransmitterRules> {
  const { transmitters, clock, fetch } = options
  if (transmitters.length === 0) throw new TypeError('`transmitters` expected at least one transmitter')
  const rules = new Map<string, TransmitterRules>()
  for (const one of transmitters) {
    refuseUnknownOptions(one, ['issuer', 'jwksUri', 'jwks', 'audience', 'algorithms'], '`transmitters`')
    const { issuer, jwksUri, jwks, audience, algorithms = DEFAULT_ALGORITHMS } = one
    if (typeof issuer !== 'string' || issuer === '') throw new TypeError('`issuer` expected a non-empty string')
    if (typeof audience !== 'string' || audience === '') throw new TypeError('`audience` expected a non-empty string')
    if (rules.has(issuer)) throw new TypeError(`\`transmitters\` names ${issuer} twice`)
    checkAlgorithms(algorithms, 'algorithms')
    rules.set(issuer, { audience, algorithms, keys: createIssuerKeys({ issuer, jwksUri, jwks, fetch, clock }) })
  }
  return rules
}
