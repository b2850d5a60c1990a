import { type Clock, type JsonObject, refuseUnknownOptions } from '@lockstep/core'
import type { ProofKey } from '@lockstep/tokens'
import { createAgentFetch } from './agent-fetch.ts'
import { TokenExchangeRefused } from './exchange-refused.ts'
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
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const KEYS = ['endpoint', 'key', 'accessToken', 'trustDomain', 'scope', 'tool', 'arguments', 'fetch', 'clock']
const TYPE = 'urn:ietf:params:oauth:token-type:'

/**
 * Asks for a transaction token for one call (RFC 8693, draft-ietf-oauth-transaction-tokens-10), with a fresh proof by the key that the call
 * will be proved with. Send it once, as `Txn-Token`: see `withTxnToken`. Rejects with TokenExchangeRefused.
 */
export async function requestTxnToken(options: TxnTokenRequestOptions): Promise<string> {
  refuseUnknownOptions(options, KEYS, 'requestTxnToken()')
  const { endpoint, key, accessToken, trustDomain, scope, tool, fetch, clock } = options
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: trustDomain,
    scope,
    requested_token_type: `${TYPE}txn_token`,
    subject_token: accessToken,
    subject_token_type: `${TYPE}access_token`,
    request_details: JSON.stringify({ tool, arguments: options.arguments }),
  })
  const send = createAgentFetch({ key, accessToken, resource: endpoint, fetch, clock })
  const response = await send(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
  })
  const answer = await readTokenAnswer(response)
  if (response.status !== 200) throw new TokenExchangeRefused(response.status, answer.error)
  const { access_token: token, issued_token_type: issued, token_type: type } = answer
  // Anything else would be a token that is good for more than this call.
  if (typeof token !== 'string' || token === '' || issued !== `${TYPE}txn_token` || type !== 'N_A') {
    throw new TokenExchangeRefused(response.status, 'invalid_response')
  }
  return token
}
