import { TOKEN_EXCHANGE } from '../authorization-server/registered-agent.ts'
import { ACCESS_TOKEN_TYPE, JWT_TYPE } from '../authorization-server/token-types.ts'
import { signActorToken } from './actor-token.ts'
import type { AgentIdentity } from './agent-identity.ts'
import { fetchMetadata } from './authorization-server-metadata.ts'
import { clientAssertion } from './client-assertion.ts'
import type { ProofKey } from './proof-key.ts'
import { type IssuedToken, requestToken } from './request-token.ts'

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
 * and itself by a token that its own credential signed. Throws OAuthRefusal with the server's error.
 */
export async function exchangeForAgent(options: ExchangeOptions): Promise<IssuedToken> {
  const { issuer, agent, key, accessToken, resource, scope } = options
  const { tokenEndpoint } = await fetchMetadata(issuer)
  return requestToken(tokenEndpoint, key, {
    ...(await clientAssertion(agent, issuer)),
    grant_type: TOKEN_EXCHANGE,
    subject_token: accessToken,
    subject_token_type: ACCESS_TOKEN_TYPE,
    actor_token: await signActorToken(agent, issuer),
    actor_token_type: JWT_TYPE,
    resource,
    ...(scope !== undefined && { scope }),
  })
}
