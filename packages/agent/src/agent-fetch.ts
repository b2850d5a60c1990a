import { type AgentFetchOptions, readAgentOptions } from './agent-options.ts'
import { carryRequest } from './carry-request.ts'
import { declarePages } from './declare-pages.ts'
import { keyForCall } from './idempotency-key.ts'
import { readOutgoing } from './outgoing-request.ts'
import { createRemedies } from './remedies.ts'
import { createTokenKeeper } from './token-keeper.ts'

/**
 * Creates a `fetch` for an agent: it sends the access token under the DPoP scheme with a fresh proof for every request (RFC 9449), answers
 * what a refusal demands (a nonce, another token, a stronger sign-in, a second person's consent, a page, a transaction token) and sends the request
 * again, each at most once. Every call of a tool carries an `Idempotency-Key`, which stays the same however often it is sent. It fits the
 * `fetch` option of the MCP client transports of both SDK generations.
 *
 * A refusal that nothing meets is the answer, as the server sent it. Throws TokenExchangeRefused, and LockstepError with a code of the layer
 * `agent`. Throws `TypeError` at construction for options that cannot be meant.
 *
 * INVARIANT: the token leaves for one origin only, and a redirect is an error.
 */
export function createAgentFetch(options: AgentFetchOptions): typeof fetch {
  const { resource, headers, callbacks, txnTokens, key, nonces, send, clock, accessToken, ...bounds } =
    readAgentOptions(options)
  const tokens = createTokenKeeper(accessToken, clock)
  const proof = { key, nonces, send, clock }
  const remedies = createRemedies({ ...callbacks, ...proof, tokens, txnTokens })
  const parts = { ...proof, ...bounds, tokens, remedies }
  let home = resource

  return async (input, init = {}) => {
    const { origin } = new URL(input instanceof Request ? input.url : input)
    home ??= origin
    if (origin !== home) return send(input, init)
    const request = await readOutgoing(input, init, callbacks.onPage && declarePages)
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
    return carryRequest(parts, request, keyForCall(request, bounds.idempotencyKey))
  }
}
