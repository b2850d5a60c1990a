import * as oauth from 'oauth4webapi'
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from './register-exchange.ts'
import { signIn } from './sign-in.ts'
import { REDIRECT_URI } from './start-provider.ts'

/** The loopback has no TLS. */
const INSECURE = { [oauth.allowInsecureRequests]: true } as const

/** Who asks for a token, and for what. */
export interface TokenRequest {
  readonly issuer: string
  readonly clientId: string
  readonly resource: string
  /** @defaultValue user:ann */
  readonly person?: string
  /** Binds the token to this key (RFC 9449). */
  readonly key?: KeyPair
  /** Sends over TLS with a certificate, to which the token is bound (RFC 8705). */
  readonly certified?: typeof fetch
  /** What exactly is to be done (RFC 9396). */
  readonly details?: readonly object[]
}

/** As oauth4webapi, openid-client and dpop take it. */
export type KeyPair = Parameters<typeof oauth.DPoP>[1]

/** A token with the parties that it came from. */
export interface ObtainedToken {
  readonly accessToken: string
  readonly tokenType: string
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly dpop: oauth.DPoPHandle | undefined
}

/** Authorization code with PKCE by oauth4webapi, with a person who signs in and consents. */
export async function obtainToken(request: TokenRequest): Promise<ObtainedToken> {
  const { clientId, resource, person = 'user:ann', key, certified, details } = request
  const issuer = new URL(request.issuer)
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, INSECURE))
  const client: oauth.Client = { client_id: clientId, use_mtls_endpoint_aliases: certified !== undefined }
  const dpop = key && oauth.DPoP(client, key)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(server.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'tools:call',
    resource,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(details && { authorization_details: JSON.stringify(details) }),
  }).toString()

  const callback = oauth.validateAuthResponse(server, client, await signIn(url, person, REDIRECT_URI), state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    callback,
    REDIRECT_URI,
    verifier,
    { ...INSECURE, ...(dpop && { DPoP: dpop }), ...(certified && { [oauth.customFetch]: certified }) },
  )
  const answer = await oauth.processAuthorizationCodeResponse(server, client, response)
  return { accessToken: answer.access_token, tokenType: answer.token_type, server, client, dpop }
}

/** Exchanges a token for one in which its client acts (RFC 8693). */
export async function exchangeToken({ server, client, dpop, accessToken }: ObtainedToken): Promise<string> {
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.None(),
    TOKEN_EXCHANGE,
    { subject_token: accessToken, subject_token_type: ACCESS_TOKEN },
    { ...INSECURE, ...(dpop && { DPoP: dpop }) },
  )
  return (await oauth.processGenericTokenEndpointResponse(server, client, response)).access_token
}

/** One `tools/call` of the greeting, as a body. */
export const GREET = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'greet', arguments: { name: 'interop' } },
})

export const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' } as const

/** Calls the tool with the proofs of oauth4webapi. */
export function callWith({ accessToken, dpop }: ObtainedToken, resource: string): Promise<Response> {
  return oauth.protectedResourceRequest(accessToken, 'POST', new URL(resource), new Headers(HEADERS), GREET, {
    ...INSECURE,
    ...(dpop && { DPoP: dpop }),
  })
}
