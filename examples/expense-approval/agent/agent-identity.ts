import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import type { RegisteredAgent } from '../authorization-server/registered-agent.ts'

/** An agent with the private part of its credential, which never leaves it. */
export interface AgentIdentity extends RegisteredAgent {
  readonly privateKey: CryptoKey
}

/** The trust domain that the example's SPIFFE IDs belong to. */
export const TRUST_DOMAIN = 'expense.example'

/**
 * Makes an agent with a fresh ES256 credential, for example `planner-42` with the SPIFFE ID
 * `spiffe://expense.example/agents/planner-42`. The credential is made at every start and kept in memory; a deployment has it from
 * its workload identity provider. What the authorization server needs of it is `id`, `clientId` and `publicKey`.
 */
export async function createAgentIdentity(clientId: string): Promise<AgentIdentity> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return {
    clientId,
    id: `spiffe://${TRUST_DOMAIN}/agents/${clientId}`,
    publicKey: await exportJWK(publicKey),
    privateKey,
  }
}
