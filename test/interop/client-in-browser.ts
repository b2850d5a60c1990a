import { randomUUID } from 'node:crypto'
import type { OAuthClientProvider } from '@modelcontextprotocol/client'
import { signIn } from './sign-in.ts'
import { REDIRECT_URI } from './start-provider.ts'

/** What an application does for an official MCP client: keeps what it is told, and opens the browser. */
export interface ClientInBrowser extends OAuthClientProvider {
  /** Where the browser came back to, once; the application hands it to the transport. */
  landed(): URL
  /** How often the browser was opened. */
  readonly visits: number
  /** The parameters of authorization requests that are asked for beside what the client asks for. */
  readonly wanted: URLSearchParams
  /** The client's `fetch`, which hears what sign-in a challenge demands (RFC 9470): the official clients do not. */
  readonly fetch: typeof fetch
}

/** Creates the application of a client that is registered by hand, with ann before the browser. */
export function createClientInBrowser(clientId: string, more: Pick<OAuthClientProvider, 'dpop'> = {}): ClientInBrowser {
  let verifier = ''
  let tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>>
  let callback: URL | undefined
  let visits = 0
  const state = randomUUID()
  const wanted = new URLSearchParams()
  return {
    wanted,
    async fetch(input, init) {
      const response = await fetch(input, init)
      const challenge = response.headers.get('www-authenticate') ?? ''
      for (const [, name = '', value = ''] of challenge.matchAll(/(acr_values|max_age)="([^"]*)"/g)) {
        wanted.set(name, value)
      }
      return response
    },
    ...more,
    redirectUrl: REDIRECT_URI,
    clientMetadata: { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
    state: () => state,
    clientInformation: () => ({ client_id: clientId }),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved
    },
    saveCodeVerifier: (saved) => {
      verifier = saved
    },
    codeVerifier: () => verifier,
    async redirectToAuthorization(url) {
      visits += 1
      // A provider hears what sign-in is demanded in a request of OpenID Connect.
      if (wanted.size > 0) url.searchParams.set('scope', `openid ${url.searchParams.get('scope') ?? ''}`.trim())
      for (const [name, value] of wanted) url.searchParams.set(name, value)
      callback = await signIn(url, 'user:ann', REDIRECT_URI)
    },
    landed() {
      if (callback?.searchParams.get('state') !== state) throw new Error('the browser did not come back')
      return callback
    },
    get visits() {
      return visits
    },
  }
}
