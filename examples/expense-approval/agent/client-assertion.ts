import { randomUUID } from 'node:crypto'
import { signJwt } from '@lockstep/tokens'
import type { AgentIdentity } from './agent-identity.ts'

/**
 * The form fields by which an agent authenticates as an OAuth client: a JWT signed with its own credential instead of a secret
 * (RFC 7523 section 2.2). Each lives a minute and works once.
 */
export async function clientAssertion(agent: AgentIdentity, issuer: string): Promise<Record<string, string>> {
  const { clientId, credential } = agent
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat, exp: iat + 60 }
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signJwt(credential, 'JWT', claims),
  }
}
