import { digest, isJsonObject, type JsonObject, JsonRejection, type JsonValue } from '@lockstep/core'
import { readConfirmation } from './confirmation.ts'
import { TXN_TOKEN_LIFETIME, type TxnToken } from './txn-token.ts'

/** What a token in the older form leaves to configuration. */
export interface LegacyTerms {
  /** The `aud` of the tokens for each tool: a name of the tool. */
  readonly audiences: Readonly<Record<string, string>>
  /** The issuer of the subjects that the tokens name. */
  readonly subjectIssuer: string
  /** The resource URL of the MCP server that the tools belong to. */
  readonly resource: string
  readonly trustDomain: string
}

const CLAIMS = ['iss', 'sub', 'actor', 'aud', 'iat', 'exp', 'jti', 'cnf', 'cap']
const MAX_LENGTH = 1_024

/**
 * Reads the older form of a transaction token, from before the drafts: `actor` is a text, `aud` the tool, and `cap` holds `{ tool,
 * arguments, uses: 1 }` with the arguments themselves. This is the one place where that form becomes ours.
 *
 * Undefined unless every claim is understood. `uses` is the number 1 and nothing else; `cnf` names a key (`jkt`), a certificate
 * (`x5t#S256`) or both, so `{ mtls: true }`, which binds nothing, is refused. A token without `iat` counts as issued a whole life before
 * it expires.
 */
export function readLegacyTxnTokenClaims(claims: JsonObject, terms: LegacyTerms): TxnToken | undefined {
  // attacker-controlled: `claims`, as far as its signature is not verified yet.
  if (!hasOnly(claims, CLAIMS)) return undefined
  const { iss, sub, actor, aud, exp, jti, cap, cnf } = claims
  const { iat = typeof exp === 'number' ? exp - TXN_TOKEN_LIFETIME : undefined } = claims
  if (!isName(iss) || !isName(sub) || !isName(actor) || !isName(jti) || !isTime(iat) || !isTime(exp)) return undefined
  if (!isJsonObject(cap) || !hasOnly(cap, ['tool', 'arguments', 'uses']) || cap.uses !== 1) return undefined
  const { tool, arguments: given } = cap
  if (!isName(tool) || !isJsonObject(given)) return undefined
  // INVARIANT: `aud` names one tool, the one that `cap` names.
  if (!Object.hasOwn(terms.audiences, tool) || aud !== terms.audiences[tool]) return undefined
  const bound = readConfirmation(cnf)
  const argumentsDigest = digestOf(given)
  if (!bound || bound === 'not-understood' || argumentsDigest === undefined) return undefined

  const { jkt, certificate } = bound
  return Object.freeze({
    legacy: true,
    issuer: iss,
    trustDomain: terms.trustDomain,
    id: jti,
    subject: Object.freeze({ issuer: terms.subjectIssuer, id: sub }),
    actors: Object.freeze([actor]),
    ...(jkt === undefined ? {} : { thumbprint: jkt }),
    ...(certificate === undefined ? {} : { certificate }),
    scopes: Object.freeze([]),
    requestingWorkload: iss,
    transaction: Object.freeze({ tool, audience: terms.resource, argumentsDigest, policyVersion: '' }),
    environment: Object.freeze({ proof: jkt === undefined ? 'mtls' : 'dpop' }),
    issuedAt: iat,
    expiresAt: exp,
  })
}

function hasOnly(object: JsonObject, known: readonly string[]): boolean {
  return Object.keys(object).every((name) => known.includes(name))
}

function digestOf(given: JsonObject): string | undefined {
  try {
    return digest(given)
  } catch (error) {
    if (error instanceof JsonRejection) return undefined
    throw error
  }
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH
}

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
