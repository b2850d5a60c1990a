import { createAgentFetch, type ProofKey, requestTxnToken } from '@lockstep/agent'
import type { JsonObject } from '@lockstep/core'
import { type AgentSession, connectAgent, type Generation } from './agent-session.ts'
import type { Wire } from './traced-session.ts'

/** What a signed-in agent proves its requests with. */
export interface AgentCredentials {
  readonly key: ProofKey
  readonly accessToken: string
  /** The guarded MCP endpoint, which the token is for. */
  readonly resource: string
}

/** For which call a transaction token is wanted, and where. */
export interface TokenWanted {
  readonly endpoint: string
  readonly trustDomain: string
  readonly scope: string
  readonly tool: string
  readonly arguments: JsonObject
}

/** The agent's side of the story: how its requests are proved, how it speaks MCP, and how it asks for a transaction token. */
export interface StoryClient {
  /** A `fetch` whose requests are proved by the key. */
  prove(credentials: AgentCredentials): typeof fetch
  /** A connection; `generation` is what the story wants where the client has more than one. */
  connect(generation: Generation, endpoint: string, wire: Wire, credentials: AgentCredentials): Promise<AgentSession>
  /** Rejects when the service refuses. */
  txnToken(credentials: AgentCredentials, wanted: TokenWanted): Promise<string>
}

/** The official MCP clients over the `fetch` of `@lockstep/agent`. */
export const officialClients: StoryClient = {
  prove: createAgentFetch,
  connect: (generation, endpoint, { fetch }) => connectAgent(generation, endpoint, fetch),
  txnToken: ({ key, accessToken }, wanted) => requestTxnToken({ ...wanted, key, accessToken }),
}
