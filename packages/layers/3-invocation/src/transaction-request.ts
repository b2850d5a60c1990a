import { createHash, timingSafeEqual } from 'node:crypto'
import { splitScope } from '@lockstep/tokens'
import { type ExchangeStep, refuseExchange } from './transaction-refusal.ts'

/** What a request for a transaction token is held against. */
export interface TransactionRequestTerms {
  readonly trustDomain: string
  /** The access token that the request was admitted with. */
  readonly accessToken: string
  /** Its scopes. */
  readonly scopes: readonly string[]
}

/** A request for a transaction token whose parameters are acceptable. */
export interface TransactionRequest {
  readonly scopes: readonly string[]
  /** `request_details`, unread. */
  readonly details: string
}

const TYPE = 'urn:ietf:params:oauth:token-type:'
/** The `requested_token_type`, and the `issued_token_type` of the answer. */
export const TXN_TOKEN_URN = `${TYPE}txn_token`
const ACCESS_TOKEN_URN = `${TYPE}access_token`
const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const PARAMETERS = [
  ...['grant_type', 'audience', 'scope', 'requested_token_type'],
  ...['subject_token', 'subject_token_type', 'request_details'],
]

/**
 * Reads the parameters of an exchange (RFC 8693 section 2.1, draft-ietf-oauth-transaction-tokens-10). Every one is required, once. One
 * that is not understood is refused, unlike RFC 6749 section 3.2 has it: what we ignored could have been meant as a limit.
 *
 * The subject token is the very one that the request was admitted with, so nobody exchanges a token without the proof that belongs to it.
 */
export function readTransactionRequest(
  parameters: Iterable<readonly [name: string, value: string]>,
  terms: TransactionRequestTerms,
): ExchangeStep<TransactionRequest> {
  // attacker-controlled: `parameters`.
  const sent = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (!PARAMETERS.includes(name)) return refuseExchange('invalid_request', 'a parameter is not understood')
    if (sent.has(name)) return refuseExchange('invalid_request', 'a parameter was sent twice')
    sent.set(name, value)
  }
  const grant = sent.get('grant_type')
  if (!grant) return refuseExchange('invalid_request', '`grant_type` is missing')
  if (grant !== EXCHANGE_GRANT) return refuseExchange('unsupported_grant_type', 'the grant is not a token exchange')
  const missing = PARAMETERS.find((name) => !sent.get(name))
  if (missing) return refuseExchange('invalid_request', `\`${missing}\` is missing`)

  if (sent.get('requested_token_type') !== TXN_TOKEN_URN) {
    return refuseExchange('invalid_request', 'only a transaction token is issued here')
  }
  if (sent.get('subject_token_type') !== ACCESS_TOKEN_URN) {
    return refuseExchange('invalid_request', 'the subject token must be an access token')
  }
  if (!isSameToken(sent.get('subject_token') ?? '', terms.accessToken)) {
    return refuseExchange('invalid_request', 'the subject token is not the one that the request was made with')
  }
  if (sent.get('audience') !== terms.trustDomain) {
    return refuseExchange('invalid_target', 'the audience is not the trust domain')
  }
  const scopes = splitScope(sent.get('scope'))
  if (!scopes?.every((scope) => terms.scopes.includes(scope))) {
    return refuseExchange('invalid_scope', 'the scope is malformed or exceeds that of the subject token')
  }
  return { ok: true, value: { scopes, details: sent.get('request_details') ?? '' } }
}

function isSameToken(a: string, b: string): boolean {
  const [left, right] = [a, b].map((token) => createHash('sha256').update(token).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
