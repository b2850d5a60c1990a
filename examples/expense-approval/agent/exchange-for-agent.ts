import { type ExchangedToken, exchangeToken, type ProofKey, signActorToken } from '@lockstep/agent'
import type { AgentIdentity } from './agent-identity.ts'
import { fetchMetadata } from './authorization-server-metadata.ts'

/** What is exchanged, by whom. */
export interface ExchangeOptions {
  readonly issuer: string
  readonly agent: AgentIdentity
  /** The key that the person's token is bound to. */
  readonly key: ProofKey
  /** The person's access token, from `signIn`. */
  readonly accessToken: string
  readonly resource: string
  /** Space-separated. @defaultValue the scope of the person's token */
  readonly scope?: string | undefined
}

/**
 * Exchanges a person's access token for one that also names the agent in `act` (RFC 8693). The agent proves the key of the token,
 * and itself by a token that its own credential signed. Throws TokenExchangeRefused with the server's error.
 */
export async function exchangeForAgent(options: ExchangeOptions): Promise<ExchangedToken> {
  const { issuer, agent, key, accessToken, resource, scope } = options
  const { tokenEndpoint } = await fetchMetadata(issuer)
  return exchangeToken({
    tokenEndpoint,
    key,
    subjectToken: accessToken,
    actorToken: await signActorToken({ key: agent.credential, actor: agent.id, audience: issuer }),
    clientId: agent.clientId,
    clientAuthentication: { method: 'key', key: agent.credential, audience: issuer },
    resource,
    scope,
  })
}
