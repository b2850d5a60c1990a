import { createHash, randomBytes } from 'node:crypto'
import type { ProofKey } from '@lockstep/agent'
import { ACR_MFA, type AssuranceLevel } from '../authorization-server/assurance.ts'
import { DEMO_ONE_TIME_CODE, DEMO_PASSWORD, type PersonName } from '../authorization-server/person.ts'
import { REDIRECT_URI } from '../authorization-server/registered-agent.ts'
import type { AgentIdentity } from './agent-identity.ts'
import { fetchMetadata } from './authorization-server-metadata.ts'
import { authorize } from './authorize.ts'
import { clientAssertion } from './client-assertion.ts'
import { type IssuedToken, requestToken } from './request-token.ts'

/** Who signs in, through which agent, how strongly and for what. */
export interface SignInOptions {
  readonly issuer: string
  readonly agent: AgentIdentity
  readonly user: PersonName
  readonly acr: AssuranceLevel
  /** The MCP endpoint. */
  readonly resource: string
  /** Space-separated. */
  readonly scope: string
  /** The key that the token is bound to. */
  readonly key: ProofKey
}

/**
 * Signs a person in without a browser: authorization code with PKCE, over HTTP, with the demo password and, for the stronger
 * acr, the demo one-time code. Returns the person's access token, issued to the agent and bound to its key; it names no actor yet.
 * Throws OAuthRefusal with the server's error.
 */
export async function signIn(options: SignInOptions): Promise<IssuedToken> {
  const { issuer, agent, user, acr, resource, scope, key } = options
  const server = await fetchMetadata(issuer)
  const verifier = randomBytes(32).toString('base64url')
  const code = await authorize({
    server,
    clientId: agent.clientId,
    credentials: {
      name: user,
      password: DEMO_PASSWORD,
      oneTimeCode: acr === ACR_MFA ? DEMO_ONE_TIME_CODE : undefined,
    },
    acr,
    resource,
    scope,
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
  })
  return requestToken(server.tokenEndpoint, key, {
    ...(await clientAssertion(agent, issuer)),
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    resource,
  })
}
