import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type ProofKey, signProof } from '@lockstep/tokens'
import { authenticateClient, type ClientAuthentication } from './client-authentication.ts'
import { TokenExchangeRefused } from './exchange-refused.ts'
import { createNonceBook, type NonceBook } from './nonce-book.ts'
import { refuseRedirect } from './refuse-redirect.ts'
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts'

/** What to exchange for what. */
export interface TokenExchangeOptions {
  readonly tokenEndpoint: string | URL
  /** The key that the subject token is bound to; the new token is bound to it too. */
  readonly key: ProofKey
  /** The access token of the person. */
  readonly subjectToken: string
  /** What `signActorToken` made. */
  readonly actorToken: string
  readonly clientId: string
  /** @defaultValue `{ method: 'none' }` */
  readonly clientAuthentication?: ClientAuthentication | undefined
  /** The URL of the server that the new token is for (RFC 8707). */
  readonly resource?: string | undefined
  /** The logical name of that server (RFC 8693 section 2.1). */
  readonly audience?: string | undefined
  /** Space separated; never wider than the subject token's. */
  readonly scope?: string | undefined
  /** Where nonces are remembered. @defaultValue nowhere, so that each exchange may be asked for one */
  readonly nonces?: NonceBook | undefined
  /** Ends the exchange. */
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** The new token. */
export interface ExchangedToken {
  readonly accessToken: string
  /** Seconds. */
  readonly expiresIn?: number
  readonly scope?: string
}

const KEYS = [
  ...['tokenEndpoint', 'key', 'subjectToken', 'actorToken', 'clientId', 'clientAuthentication'],
  ...['resource', 'audience', 'scope', 'nonces', 'signal', 'fetch', 'clock'],
]
const TYPE = 'urn:ietf:params:oauth:token-type:'

/**
 * Exchanges a person's access token for one that names the agent as its actor (RFC 8693), with a DPoP proof; a nonce that the server
 * asks for is used once (RFC 9449 section 8). Rejects with TokenExchangeRefused, also when the new token would not be bound to the key,
 * and with LockstepError `agent.redirected`.
 */
export async function exchangeToken(options: TokenExchangeOptions): Promise<ExchangedToken> {
  refuseUnknownOptions(options, KEYS, 'exchangeToken()')
  const nonces = options.nonces ?? createNonceBook()
  const first = await request(options, nonces)
  const nonce = first.response.headers.get('dpop-nonce')
  const { response, body } =
    first.body.error === 'use_dpop_nonce' && nonce !== null ? await request(options, nonces) : first
  return readAnswer(response, body)
}

async function request(
  options: TokenExchangeOptions,
  nonces: NonceBook,
): Promise<{ response: Response; body: TokenAnswer }> {
  const { tokenEndpoint, key, resource, audience, scope, signal, clock = systemClock } = options
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: options.subjectToken,
    subject_token_type: `${TYPE}access_token`,
    actor_token: options.actorToken,
    actor_token_type: `${TYPE}jwt`,
    requested_token_type: `${TYPE}access_token`,
  })
  if (resource !== undefined) form.set('resource', resource)
  if (audience !== undefined) form.set('audience', audience)
  if (scope !== undefined) form.set('scope', scope)
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' })
  const nonce = nonces.nonceFor(tokenEndpoint)
  headers.set('dpop', await signProof(key, { method: 'POST', url: tokenEndpoint, nonce, clock }))
  await authenticateClient(
    { headers, form },
    options.clientId,
    options.clientAuthentication ?? { method: 'none' },
    clock,
  )

  const send = options.fetch ?? fetch
  const response = await send(tokenEndpoint, {
    method: 'POST',
    headers,
    body: form.toString(),
    redirect: 'manual',
    ...(signal ? { signal } : {}),
  })
  nonces.learn(tokenEndpoint, response)
  await refuseRedirect(response)
  return { response, body: await readTokenAnswer(response) }
}

function readAnswer(response: Response, body: TokenAnswer): ExchangedToken {
  const { access_token: accessToken, token_type: type, expires_in: expiresIn, scope } = body
  if (response.status !== 200) throw new TokenExchangeRefused(response, body)
  if (typeof accessToken !== 'string' || typeof type !== 'string' || type.toLowerCase() !== 'dpop') {
    throw new TokenExchangeRefused(response, {})
  }
  return {
    accessToken,
    ...(typeof expiresIn === 'number' ? { expiresIn } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
  }
}
