import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { AgentIdentity } from './agent-identity.ts'

/** Signs a statement that the agent acts now: by its own credential, for one authorization server, once, for 60 seconds. */
export function signActorToken(agent: AgentIdentity, audience: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', typ: 'actor+jwt' })
    .setIssuer(agent.id)
    .setSubject(agent.id)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(agent.privateKey)
}
