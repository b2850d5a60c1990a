/// <reference path="./oidc-provider.d.ts" />
import { type Clock, systemClock } from '@lockstep/core'
import { Provider } from 'oidc-provider/lib/provider.js'
import { createAccessTokenClaims } from './access-token-claims.ts'
import { EXCHANGE_PARAMETERS } from './exchange-request.ts'
import { createTokenExchange } from './exchange-token.ts'
import { createInteractionEndpoint } from './interaction-endpoint.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'
import { configureProvider } from './provider-configuration.ts'
import { checkAgents, type RegisteredAgent, TOKEN_EXCHANGE } from './registered-agent.ts'
import { createSigningKey } from './signing-key.ts'

/** How the authorization server starts. */
export interface AuthorizationServerOptions {
  /** The URL of the MCP endpoint: the only audience of its tokens. */
  readonly resource: string
  /** The agents that may ask for tokens, with the public part of their credentials. */
  readonly agents: readonly RegisteredAgent[]
  /** The port on 127.0.0.1. @defaultValue 0, a free one */
  readonly port?: number | undefined
  /** The clock of the token exchange; the provider itself reads the machine's. @defaultValue `systemClock` */
  readonly clock?: Clock | undefined
}

/** A running authorization server. */
export interface AuthorizationServer {
  /** The `iss` of its tokens. */
  readonly issuer: string
  readonly jwksUri: string
  readonly tokenEndpoint: string
  close(): Promise<void>
}

const OPTION_NAMES: readonly string[] = ['resource', 'agents', 'port', 'clock']

/**
 * Starts the example's OAuth authorization server on the loopback: authorization code with PKCE, DPoP-bound JWT access tokens
 * (RFC 9068, RFC 9449), and the token exchange that puts an agent into `act` (RFC 8693).
 *
 * Throws a TypeError for a wrong option, and an Error that names the port when it is in use.
 */
export async function startAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  await checkOptions(options)
  const { resource, agents, port = 0, clock = systemClock } = options
  const signingKey = await createSigningKey()
  const claims = createAccessTokenClaims()
  const loopback = await listenOnLoopback(port)
  const issuer = loopback.origin

  try {
    const provider = new Provider(issuer, configureProvider({ resource, agents, signingKey, claims }))
    const { publicKey } = signingKey
    const exchange = createTokenExchange({ provider, agents, resource, publicKey, claims, clock })
    provider.registerGrantType(TOKEN_EXCHANGE, exchange, EXCHANGE_PARAMETERS)
    provider.use(createInteractionEndpoint(provider))
    // Koa prints the stack of an error that nobody listens for.
    provider.on('error', () => {})
    loopback.server.on('request', provider.callback())
  } catch (error) {
    await loopback.close()
    throw error
  }

  return { issuer, jwksUri: `${issuer}/jwks`, tokenEndpoint: `${issuer}/token`, close: loopback.close }
}

async function checkOptions(options: AuthorizationServerOptions): Promise<void> {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name)) throw new TypeError(`unknown option \`${name}\``)
  }
  if (!URL.canParse(options.resource) || new URL(options.resource).hash) {
    throw new TypeError('expected `resource` to be an absolute URL without a fragment')
  }
  const { port } = options
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new TypeError('expected `port` to be a port number')
  }
  if (options.clock !== undefined && typeof options.clock !== 'function') {
    throw new TypeError('expected `clock` to be a function')
  }
  if (!Array.isArray(options.agents)) throw new TypeError('expected `agents` to be an array')
  await checkAgents(options.agents)
}
