import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type ProofKey, signProof } from '@lockstep/tokens'
import { demandsNonce, type NonceBook } from './nonce.ts'

/** How an agent's requests are proved. */
export interface AgentFetchOptions {
  /** The key that the access token is bound to. */
  readonly key: ProofKey
  /** The access token, or where to get the current one. It is asked for once per request. */
  readonly accessToken: string | (() => string | Promise<string>)
  /**
   * The server that the token is for, as a URL; only its origin counts. Requests to other origins go without credentials.
   * @defaultValue the origin of the first request
   */
  readonly resource?: string | URL | undefined
  /** Sent with every request to the resource. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const KEYS = ['key', 'accessToken', 'resource', 'headers', 'fetch', 'clock']

/**
 * Creates a `fetch` that sends the access token under the DPoP scheme with a fresh proof for every request (RFC 9449 section 7), and once
 * more when the server asks for a nonce (section 9) and the body can be sent again. It fits the `fetch` option of the MCP client
 * transports.
 *
 * INVARIANT: the token leaves for one origin only, and a redirect is an error: a proof is for one URL.
 */
export function createAgentFetch(options: AgentFetchOptions): typeof fetch {
  refuseUnknownOptions(options, KEYS, 'createAgentFetch()')
  const { key, accessToken, headers = {}, clock = systemClock } = options
  const send = options.fetch ?? fetch
  const nonces: NonceBook = new Map()
  let home = options.resource === undefined ? undefined : new URL(options.resource).origin

  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    home ??= url.origin
    if (url.origin !== home) return send(input, init)

    const method = (init.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
    const token = typeof accessToken === 'string' ? accessToken : await accessToken()
    const attempt = async () => {
      const proved = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}))
      for (const [name, value] of Object.entries(headers)) proved.set(name, value)
      proved.set('authorization', `DPoP ${token}`)
      const nonce = nonces.get(home ?? '')
      proved.set('dpop', await signProof(key, { method, url, accessToken: token, nonce, clock }))
      const response = await send(input instanceof Request ? input.clone() : input, {
        ...init,
        method,
        headers: proved,
        redirect: 'error',
      })
      const offered = response.headers.get('dpop-nonce')
      if (offered && home) nonces.set(home, offered)
      return response
    }

    const response = await attempt()
    if (!demandsNonce(response) || isOneWay(init.body)) return response
    await response.body?.cancel()
    return attempt()
  }
}

/** Whether a body is gone once it was sent. */
function isOneWay(body: unknown): boolean {
  return body instanceof ReadableStream || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
}
