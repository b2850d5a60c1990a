import { type Clock, type JsonObject, refuseUnknownOptions, systemClock } from '@lockstep/core'
import type { ProofKey } from '@lockstep/tokens'
import { TokenExchangeRefused } from './exchange-refused.ts'
import { createNonceBook, type NonceBook } from './nonce-book.ts'
import { readOutgoing } from './outgoing-request.ts'
import { ANSWER_WITHIN, proveRequest } from './prove-request.ts'
import { readTokenAnswer } from './token-answer.ts'

/** For which call a transaction token is asked, and by whom. */
export interface TxnTokenRequestOptions {
  /** The transaction token service. */
  readonly endpoint: string | URL
  /** The key that the access token is bound to; the transaction token is bound to it too. */
  readonly key: ProofKey
  readonly accessToken: string
  readonly trustDomain: string
  /** Space separated; never wider than the access token's. */
  readonly scope: string
  readonly tool: string
  /** Exactly those of the call; the order of their members does not matter. */
  readonly arguments: JsonObject
  /** Where nonces are remembered. @defaultValue nowhere, so that each request may be asked for one */
  readonly nonces?: NonceBook | undefined
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const KEYS = [
  ...['endpoint', 'key', 'accessToken', 'trustDomain', 'scope', 'tool', 'arguments'],
  ...['nonces', 'signal', 'fetch', 'clock'],
]
const TYPE = 'urn:ietf:params:oauth:token-type:'

/**
 * Asks for a transaction token for one call (RFC 8693, draft-ietf-oauth-transaction-tokens-10), with a fresh proof by the key that the call
 * will be proved with. Send it once, in the header `Txn-Token` of that call; `createAgentFetch` does both by itself where `txnTokens` says
 * so. Rejects with TokenExchangeRefused, and with LockstepError `agent.redirected`.
 */
export async function requestTxnToken(options: TxnTokenRequestOptions): Promise<string> {
  refuseUnknownOptions(options, KEYS, 'requestTxnToken()')
  const { endpoint, key, accessToken, trustDomain, scope, tool, signal, clock = systemClock } = options
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: trustDomain,
    scope,
    requested_token_type: `${TYPE}txn_token`,
    subject_token: accessToken,
    subject_token_type: `${TYPE}access_token`,
    request_details: JSON.stringify({ tool, arguments: options.arguments }),
  })
  const request = await readOutgoing(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    ...(signal ? { signal } : {}),
  })
  const nonces = options.nonces ?? createNonceBook()
  const parts = { key, nonces, send: options.fetch ?? fetch, clock, timeout: ANSWER_WITHIN }
  const response = await proveRequest(parts, request, accessToken, {})
  const answer = await readTokenAnswer(response)
  if (response.status !== 200) throw new TokenExchangeRefused(response, answer)
  const { access_token: token, issued_token_type: issued, token_type: type } = answer
  // Anything else would be a token that is good for more than this call.
  if (typeof token !== 'string' || token === '' || issued !== `${TYPE}txn_token` || type !== 'N_A') {
    throw new TokenExchangeRefused(response, {})
  }
  return token
}
