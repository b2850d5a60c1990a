import { importJWK, type JWK } from 'jose'

/** An agent that is registered with the authorization server. */
export interface RegisteredAgent {
  /** Its OAuth client id. */
  readonly clientId: string
  /** Its SPIFFE ID: the actor that tokens name. */
  readonly id: string
  /** The public part of its own credential, an ES256 key: it authenticates as a client and signs actor tokens. */
  readonly publicKey: JWK
}

/** Where the agent's browser would be sent back to. Nobody listens there: the agent reads the code from the redirect. */
export const REDIRECT_URI = 'http://127.0.0.1/callback'

/** The grant type of RFC 8693. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Client metadata (RFC 7591) of an agent: code with PKCE, key-bound tokens, and a signed assertion instead of a secret. */
export function clientMetadata(agent: RegisteredAgent): Readonly<Record<string, unknown>> {
  return {
    client_id: agent.clientId,
    grant_types: ['authorization_code', TOKEN_EXCHANGE],
    response_types: ['code'],
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [agent.publicKey] },
    dpop_bound_access_tokens: true,
  }
}

/** Checks agents as they are configured. Throws a TypeError that names the agent and never the key. */
export async function checkAgents(agents: readonly RegisteredAgent[]): Promise<void> {
  const seen = new Set<string>()
  for (const agent of agents) {
    if (typeof agent.clientId !== 'string' || agent.clientId === '') {
      throw new TypeError('expected `clientId` of an agent to be a non-empty string')
    }
    const { clientId } = agent
    if (typeof agent.id !== 'string' || !agent.id.startsWith('spiffe://')) {
      throw new TypeError(`expected \`id\` of agent \`${clientId}\` to be a SPIFFE ID`)
    }
    if (seen.has(clientId) || seen.has(agent.id)) {
      throw new TypeError(`agent \`${clientId}\` is registered twice`)
    }
    seen.add(clientId)
    seen.add(agent.id)
    if (agent.publicKey.kty !== 'EC' || agent.publicKey.crv !== 'P-256' || agent.publicKey.d !== undefined) {
      throw new TypeError(`expected \`publicKey\` of agent \`${clientId}\` to be a public P-256 key`)
    }
    await importJWK(agent.publicKey, 'ES256').catch(() => {
      throw new TypeError(`\`publicKey\` of agent \`${clientId}\` is not a valid key`)
    })
  }
}
