import { randomBytes } from 'node:crypto'
import type { Credentials } from '../authorization-server/person.ts'
import { REDIRECT_URI } from '../authorization-server/registered-agent.ts'
import type { AuthorizationServerMetadata } from './authorization-server-metadata.ts'
import { createCookieJar } from './cookie-jar.ts'
import { OAuthRefusal, readAnswer } from './oauth-refusal.ts'

const MOST_REDIRECTS = 8

/** One authorization request, and the person who answers it. */
export interface AuthorizeOptions {
  readonly server: AuthorizationServerMetadata
  readonly clientId: string
  readonly credentials: Credentials
  readonly acr: string
  readonly resource: string
  /** Space-separated. */
  readonly scope: string
  /** PKCE, S256 (RFC 7636). */
  readonly codeChallenge: string
}

/**
 * Plays a browser and the person before it: asks for a code, follows the redirects, signs in, and reads the code from the redirect
 * back. Checks `state` and `iss` (RFC 9207). Throws OAuthRefusal with the server's error.
 */
export async function authorize(options: AuthorizeOptions): Promise<string> {
  const { server, credentials } = options
  const state = randomBytes(16).toString('base64url')
  const cookies = createCookieJar()
  let url = authorizationUrl(options, state)

  for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
    if (url.href.startsWith(`${REDIRECT_URI}?`)) return codeOf(url, state, server.issuer)
    // INVARIANT: cookies and credentials go to the issuer and to nobody else.
    if (url.origin !== new URL(server.issuer).origin) throw new Error('the authorization server redirects elsewhere')
    const visited = await visit(url, cookies)
    const response = visited.status === 200 ? await visit(url, cookies, credentials) : visited
    const location = response.headers.get('location')
    if (location === null) {
      await readAnswer(response)
      throw new OAuthRefusal('unknown', response.status)
    }
    url = new URL(location, url)
  }
  throw new Error('the authorization server redirects without end')
}

function authorizationUrl(options: AuthorizeOptions, state: string): URL {
  const url = new URL(options.server.authorizationEndpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: REDIRECT_URI,
    // OpenID Connect is where `acr_values` comes from: the provider takes it only together with `openid`.
    scope: `openid ${options.scope}`,
    resource: options.resource,
    acr_values: options.acr,
    code_challenge: options.codeChallenge,
    code_challenge_method: 'S256',
    state,
  }).toString()
  return url
}

/** A page that answers 200 is the sign-in: visited again with credentials, it takes them. */
async function visit(
  url: URL,
  cookies: ReturnType<typeof createCookieJar>,
  credentials?: Credentials,
): Promise<Response> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie: cookies.header(), accept: 'application/json' },
    ...(credentials && { method: 'POST', body: formOf(credentials) }),
  })
  cookies.keep(response)
  return response
}

function formOf({ name, password, oneTimeCode }: Credentials): URLSearchParams {
  return new URLSearchParams({
    username: name,
    password,
    ...(oneTimeCode !== undefined && { one_time_code: oneTimeCode }),
  })
}

function codeOf({ searchParams }: URL, state: string, issuer: string): string {
  if (searchParams.get('state') !== state || searchParams.get('iss') !== issuer) {
    throw new Error('the answer belongs to another request')
  }
  const code = searchParams.get('code')
  if (code === null) {
    throw new OAuthRefusal(
      searchParams.get('error') ?? 'unknown',
      303,
      searchParams.get('error_description') ?? undefined,
    )
  }
  return code
}
