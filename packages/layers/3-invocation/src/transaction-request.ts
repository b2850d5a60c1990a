import { createHash, timingSafeEqual } from 'node:crypto'
import { isJsonObject, JsonRejection, type JsonValue, parseJson, type ToolCallDetails } from '@lockstep/core'
import { readAuthorizationDetails, splitScope } from '@lockstep/tokens'
import { type ExchangeStep, refuseExchange } from './transaction-refusal.ts'

/** What a request for a transaction token is held against. */
export interface TransactionRequestTerms {
  readonly trustDomain: string
  /** The token that the request was admitted with. */
  readonly admittedWith: string
  /** Its scopes. */
  readonly scopes: readonly string[]
  /** The SPIFFE ID of the gateway that asks on behalf of the caller; undefined where the caller asks itself. */
  readonly mediator?: string | undefined
}

/** A request for a transaction token whose parameters are acceptable. */
export interface TransactionRequest {
  readonly scopes: readonly string[]
  /** `request_details`, unread. */
  readonly details: string
  /** The transaction token that is to be replaced; undefined where the subject token is an access token. */
  readonly replaces: string | undefined
  /** `authorization_details`: what the call must be covered by, beside what the access token says (RFC 9396 section 6). */
  readonly authorizationDetails: readonly ToolCallDetails[] | undefined
  /** `resource`: where the token is to be used (RFC 8693 section 2.1). */
  readonly resource: string | undefined
}

const TYPE = 'urn:ietf:params:oauth:token-type:'
/** The `requested_token_type`, and the `issued_token_type` of the answer. */
export const TXN_TOKEN_URN = `${TYPE}txn_token`
const ACCESS_TOKEN_URN = `${TYPE}access_token`
const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const REQUIRED = [
  ...['grant_type', 'audience', 'scope', 'requested_token_type'],
  ...['subject_token', 'subject_token_type', 'request_details'],
]
const OPTIONAL = ['resource', 'authorization_details', 'request_context', 'client_id']
const SMALL_JSON = { maxBytes: 65_536, maxDepth: 16 }

/**
 * Reads the parameters of an exchange (RFC 8693 section 2.1, draft-ietf-oauth-transaction-tokens-10), each sent once. One that is not
 * understood is refused, unlike RFC 6749 section 3.2 has it: what we ignored could have been meant as a limit. `request_context` is taken and
 * not believed: the token states only what was seen here.
 *
 * The subject token is the very one that the request was admitted with, so nobody exchanges a token without the proof that belongs to it; or a
 * transaction token, which is then held against who was admitted.
 */
export function readTransactionRequest(
  parameters: Iterable<readonly [name: string, value: string]>,
  terms: TransactionRequestTerms,
): ExchangeStep<TransactionRequest> {
  // attacker-controlled: `parameters`.
  const sent = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (!REQUIRED.includes(name) && !OPTIONAL.includes(name)) {
      return refuseExchange('invalid_request', 'a parameter is not understood')
    }
    if (sent.has(name)) return refuseExchange('invalid_request', 'a parameter was sent twice')
    sent.set(name, value)
  }
  const grant = sent.get('grant_type')
  if (!grant) return refuseExchange('invalid_request', '`grant_type` is missing')
  if (grant !== EXCHANGE_GRANT) return refuseExchange('unsupported_grant_type', 'the grant is not a token exchange')
  const missing = REQUIRED.find((name) => !sent.get(name))
  if (missing) return refuseExchange('invalid_request', `\`${missing}\` is missing`)
  // RFC 8705 section 2: who authenticates with a certificate says beside it which client it is.
  const client = sent.get('client_id')
  if (client !== undefined && client !== terms.mediator) {
    return refuseExchange('invalid_request', '`client_id` is not the one that asks')
  }

  if (sent.get('requested_token_type') !== TXN_TOKEN_URN) {
    return refuseExchange('invalid_request', 'only a transaction token is issued here')
  }
  const subject = readSubject(sent, terms)
  if (!subject.ok) return subject
  if (sent.get('audience') !== terms.trustDomain) {
    return refuseExchange('invalid_target', 'the audience is not the trust domain')
  }
  const scopes = splitScope(sent.get('scope'))
  if (!scopes?.every((scope) => terms.scopes.includes(scope))) {
    return refuseExchange('invalid_scope', 'the scope is malformed or exceeds that of the subject token')
  }
  const context = sent.get('request_context')
  if (context !== undefined && !isJsonObject(readJson(context))) {
    return refuseExchange('invalid_request', '`request_context` is no JSON object')
  }
  const narrowed = sent.get('authorization_details')
  const authorizationDetails = narrowed === undefined ? undefined : readAuthorizationDetails(readJson(narrowed) ?? null)
  if (authorizationDetails === 'not-understood') {
    return refuseExchange('invalid_authorization_details', '`authorization_details` are not understood')
  }
  const details = sent.get('request_details') ?? ''
  const { value: replaces } = subject
  return { ok: true, value: { scopes, details, replaces, authorizationDetails, resource: sent.get('resource') } }
}

/** The transaction token that is to be replaced, or nothing for the access token of the request. */
function readSubject(
  sent: ReadonlyMap<string, string>,
  { admittedWith, mediator }: TransactionRequestTerms,
): ExchangeStep<string | undefined> {
  const type = sent.get('subject_token_type')
  const token = sent.get('subject_token') ?? ''
  if (type !== ACCESS_TOKEN_URN && type !== TXN_TOKEN_URN) {
    return refuseExchange('invalid_request', 'the subject token must be an access token or a transaction token')
  }
  const replaces = type === TXN_TOKEN_URN
  if ((mediator !== undefined || !replaces) && !isSameToken(token, admittedWith)) {
    return refuseExchange('invalid_request', 'the subject token is not the one that the request was made with')
  }
  return { ok: true, value: replaces ? token : undefined }
}

function readJson(text: string): JsonValue | undefined {
  if (!text.isWellFormed()) return undefined
  try {
    return parseJson(new TextEncoder().encode(text), SMALL_JSON)
  } catch (error) {
    if (error instanceof JsonRejection) return undefined
    throw error
  }
}

function isSameToken(a: string, b: string): boolean {
  const [left, right] = [a, b].map((token) => createHash('sha256').update(token).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
