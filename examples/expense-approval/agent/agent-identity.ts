import { createSigningKey, type SigningKey } from '@lockstep/agent'
import type { RegisteredAgent } from '../authorization-server/registered-agent.ts'

/** An agent with the private part of its credential, which never leaves it. */
export interface AgentIdentity extends RegisteredAgent {
  /** Not the key of its DPoP proofs: the one says who the agent is, the other who holds a token. */
  readonly credential: SigningKey
}

/** The trust domain that the example's SPIFFE IDs belong to. */
const TRUST_DOMAIN = 'expense.example'

/**
 * Makes an agent with a fresh ES256 credential, for example `planner-42` with the SPIFFE ID
 * `spiffe://expense.example/agents/planner-42`. The credential is made at every start and kept in memory; a deployment has it from
 * its workload identity provider.
 */
export async function createAgentIdentity(clientId: string): Promise<AgentIdentity> {
  const credential = await createSigningKey()
  return {
    clientId,
    id: `spiffe://${TRUST_DOMAIN}/agents/${clientId}`,
    publicKey: { ...credential.publicJwk, kid: credential.thumbprint },
    credential,
  }
}
