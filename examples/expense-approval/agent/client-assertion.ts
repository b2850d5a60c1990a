import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { AgentIdentity } from './agent-identity.ts'

/**
 * The form fields by which an agent authenticates as an OAuth client: a JWT signed with its own credential instead of a secret
 * (RFC 7523 section 2.2). Each lives a minute and works once.
 */
export async function clientAssertion(agent: AgentIdentity, issuer: string): Promise<Record<string, string>> {
  const { clientId, credential } = agent
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: credential.algorithm, kid: credential.thumbprint })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(credential.privateKey)
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}
