import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type ClientMetadata, type Configuration, errors, Provider, type ResourceServer } from 'oidc-provider'
import { askForStrength, type Strength, signInByStrength, tellSignIn, withoutDemands } from './provider-strength.ts'
import { nameActor, registerExchange, TOKEN_EXCHANGE } from './register-exchange.ts'

/** Where its clients are sent back to; nobody listens there. */
export const REDIRECT_URI = 'http://127.0.0.1:1/callback'

/** The agents that it knows: public clients, each with another way to bind its tokens. */
const CLIENTS: ClientMetadata[] = [
  client('helper', { dpop_bound_access_tokens: true }),
  client('helper-mtls', { tls_client_certificate_bound_access_tokens: true }),
  client('helper-bearer', {}),
  client('helper-refreshing', {}),
  // The pages of whatever server, on any port of the loopback (RFC 8252 section 7.3).
  client('pages', {
    redirect_uris: ['http://127.0.0.1/.lockstep/pages/callback'],
    grant_types: ['authorization_code'],
  }),
]

/** What the tokens of a resource look like. */
export type DescribeResource = (resource: string) => ResourceServer

/** What the provider issues tokens for. */
export interface ProviderOptions {
  /** The resources it knows (RFC 8707), each with the algorithm of its access tokens. */
  readonly resources: Readonly<Record<string, 'ES256' | 'EdDSA' | 'PS256' | 'RS256'>>
  /** Key and certificate of its TLS endpoint (RFC 8705 section 5), for clients that bind tokens to certificates. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** How strongly people sign in, and whether it does as it is asked. @defaultValue nobody is asked, and no token tells */
  readonly strength?: Strength
}

/** An authorization server that was not written here: oidc-provider, on the loopback. */
export interface RunningProvider {
  readonly issuer: string
  /** How many requests came in for a path. */
  asked(path: string): number
  /** Signs with new keys from now on. The old ones stay published unless they are withdrawn. */
  rotate(options: { readonly withdraw: boolean }): Promise<void>
  close(): Promise<void>
}

/**
 * Starts oidc-provider: authorization code with PKCE, DPoP, certificate-bound tokens, resource indicators with JWT
 * access tokens, and the token exchange. Its own development pages take the sign-in and the consent.
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end()
  const counts = new Map<string, number>()
  const listener: RequestListener = (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    handle(request, response)
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${portOf(server)}`
  const tlsServer = options.tls
    ? createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: false }, listener).listen(0, '127.0.0.1')
    : undefined
  if (tlsServer) await once(tlsServer, 'listening')

  const tlsTokenEndpoint = tlsServer ? `https://localhost:${portOf(tlsServer)}/token` : ''
  const describe: DescribeResource = (resource) => {
    const alg = options.resources[resource]
    if (!alg) throw new errors.InvalidTarget('this resource is not served here')
    const jwt = { sign: { alg } }
    return { scope: 'tools:call', audience: resource, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt }
  }
  let keys: JWK[] = []
  const rotate = async ({ withdraw }: { withdraw: boolean }) => {
    const algorithms = new Set(['ES256', ...Object.values(options.resources)])
    const fresh = await Promise.all([...algorithms].map(generateJwk))
    keys = [...fresh, ...(withdraw ? [] : keys)]
    const { strength } = options
    const asked = configure(describe, keys, tlsTokenEndpoint)
    const provider = new Provider(issuer, { ...asked, ...(strength && { ...askForStrength(strength), ...tellSignIn }) })
    registerExchange(provider, keys, describe)
    if (strength) signInByStrength(provider, strength)
    const callback = provider.callback()
    handle = strength?.ignoresDemands ? withoutDemands(callback) : callback
  }
  await rotate({ withdraw: true })

  return {
    issuer,
    asked: (path) => counts.get(path) ?? 0,
    rotate,
    async close() {
      for (const one of [server, tlsServer]) {
        one?.closeAllConnections()
        await new Promise<void>((resolve) => (one ? one.close(() => resolve()) : resolve()))
      }
    },
  }
}

function configure(describe: DescribeResource, keys: JWK[], tlsTokenEndpoint: string): Configuration {
  return {
    ...(tlsTokenEndpoint && { discovery: { mtls_endpoint_aliases: { token_endpoint: tlsTokenEndpoint } } }),
    clients: CLIENTS,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys },
    cookies: { keys: ['a key for the cookies of one test'] },
    formats: { customizers: { jwt: nameActor } },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access'],
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
    features: {
      devInteractions: { enabled: true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ req }) => (req.socket as TLSSocket).getPeerX509Certificate?.()?.toString(),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: {
          mcp_tool_call: {
            validate: (_context, { tool, locations }) => {
              if (typeof tool !== 'string' || !Array.isArray(locations)) {
                throw new errors.InvalidAuthorizationDetails('expected a tool and its locations')
              }
            },
          },
        },
        // What the person consented to is what every token of the grant carries.
        authorizationDetailsForGrantSource: ({ oidc }) => oidc.entities.Grant?.rar,
        authorizationDetailsForAccessToken: (_context, _token, source) => source?.rar,
        authorizationDetailsForIntrospection: (_context, token) => token.rar,
      },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => describe(resource),
      },
    },
  }
}

function client(id: string, metadata: Partial<ClientMetadata>): ClientMetadata {
  return {
    client_id: id,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: [REDIRECT_URI],
    authorization_details_types: ['mcp_tool_call'],
    grant_types: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    ...metadata,
  }
}

async function generateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `${alg}-${crypto.randomUUID()}` }
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port
}
