import { createAgentFetch, createProofKey, type ProofKey } from '@lockstep/agent'
import { type AuditRecord, readTrace } from '@lockstep/audit'
import type { JsonObject } from '@lockstep/core'
import { type AgentIdentity, createAgentIdentity } from '../agent/agent-identity.ts'
import { exchangeForAgent } from '../agent/exchange-for-agent.ts'
import { signIn } from '../agent/sign-in.ts'
import { ACR_PASSWORD, type AssuranceLevel } from '../authorization-server/assurance.ts'
import type { PersonName } from '../authorization-server/person.ts'
import { startAuthorizationServer } from '../authorization-server/start-authorization-server.ts'
import { TRUST_DOMAIN } from '../server/expense-configuration.ts'
import { type ExpenseArms, type MountGuarded, startExpenseArms } from '../server/start-expense-arms.ts'
import type { AgentSession, Generation } from './agent-session.ts'
import { postMessage, type RawAnswer } from './post-message.ts'
import { officialClients, type StoryClient } from './story-client.ts'
import { createTracedSession, type TracedSession } from './traced-session.ts'

/** Which of the two deployments of the same handlers. */
export type Arm = 'oauth-only' | 'lockstep'

/** A person's agent, signed in, with its token. */
export interface SignedInAgent {
  readonly user: PersonName
  readonly accessToken: string
  /** A new connection to one arm: behind Lockstep every request is proved, behind OAuth alone the token is sent as it is. */
  connect(arm: Arm, generation?: Generation): Promise<TracedSession>
  /** One call of a tool as a bare request to the guarded server, for looking at the answer itself. */
  post(tool: string, args: JsonObject, meta?: JsonObject): Promise<RawAnswer>
  /** Exchanges the token for a transaction token for exactly this call. Throws TokenExchangeRefused. */
  txnToken(tool: string, args: JsonObject): Promise<string>
}

/** Everything the story plays on. */
export interface Stage {
  readonly actor: string
  readonly arms: ExpenseArms
  /** The agent of a person who signed in; a new sign-in for every combination, kept afterwards. */
  readonly agentOf: (user: PersonName, acr?: AssuranceLevel) => Promise<SignedInAgent>
  /** A person at the approvers' console consents to a request. */
  readonly consent: (user: PersonName, approvalId: string) => Promise<RawAnswer>
  /** Counts a call that should succeed in this arm; returns whether it did. */
  readonly legitimate: (arm: Arm, succeeded: boolean) => boolean
  readonly tally: Readonly<Record<Arm, { readonly asked: number; readonly succeeded: number }>>
  /** Traces that a later step looks at, by name. */
  readonly traces: Map<string, string>
  /** What the audit log says of one trace, in order. */
  readonly recorded: (trace: string) => Promise<readonly AuditRecord[]>
  close(): Promise<void>
}

/** How the stage is set. */
export interface StageOptions {
  /** Port of the guarded MCP server; the others follow it. 0 takes free ones. */
  readonly port: number
  /** The folder of Lockstep's state. */
  readonly state: string
  /** @defaultValue the official clients over the `fetch` of `@lockstep/agent` */
  readonly client?: StoryClient | undefined
  /** How the guarded arm is mounted. @defaultValue on Express */
  readonly mount?: MountGuarded | undefined
}

const SCOPE = 'expenses:read expenses:approve reports:send'

/** Starts the authorization server, the data and both arms, with one agent that people sign in through. */
export async function setStage({ port, state, client = officialClients, mount }: StageOptions): Promise<Stage> {
  const agent = await createAgentIdentity('planner-42')
  const console = await createAgentIdentity('approver-console')
  const arms = await startExpenseArms({
    port,
    state,
    actors: { [console.clientId]: console.id },
    mount,
    startAuthorizationServer: (resource, at) =>
      startAuthorizationServer({ resource, agents: [agent, console], port: at }),
  })
  const { resource, issuer, oauthOnly } = arms
  const service = (path: string) => new URL(path, resource).href
  const open: AgentSession[] = []
  const key = await createProofKey()
  const signInThrough = (through: AgentIdentity, user: PersonName, acr: AssuranceLevel, by: ProofKey) =>
    signIn({ issuer, agent: through, user, acr, resource, scope: SCOPE, key: by })

  const signedIn = async (user: PersonName, acr: AssuranceLevel): Promise<SignedInAgent> => {
    const person = await signInThrough(agent, user, acr, key)
    const { accessToken } = await exchangeForAgent({ issuer, agent, key, accessToken: person.accessToken, resource })
    const credentials = { key, accessToken, resource }
    const proved = client.prove(credentials)
    const bearer: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${accessToken}`)
      return fetch(input, { ...init, headers })
    }
    return {
      user,
      accessToken,
      async connect(arm, generation = '2.x') {
        const traced = createTracedSession(arm === 'lockstep' ? proved : bearer)
        const session = await client.connect(generation, arm === 'lockstep' ? resource : oauthOnly, traced, credentials)
        open.push(session)
        return traced.over(session)
      },
      post: (tool, args, meta) =>
        postMessage(resource, proved, {
          method: 'tools/call',
          params: { name: tool, arguments: args, ...(meta ? { _meta: meta } : {}) },
        }),
      txnToken: (tool, args) =>
        client.txnToken(credentials, {
          endpoint: service('/.lockstep/token'),
          trustDomain: TRUST_DOMAIN,
          scope: 'expenses:approve',
          tool,
          arguments: args,
        }),
    }
  }

  const tally: Record<Arm, { asked: number; succeeded: number }> = {
    'oauth-only': { asked: 0, succeeded: 0 },
    lockstep: { asked: 0, succeeded: 0 },
  }
  const agents = new Map<string, Promise<SignedInAgent>>()
  return {
    actor: agent.id,
    arms,
    agentOf(user, acr = ACR_PASSWORD) {
      const name = `${user} ${acr}`
      const found = agents.get(name) ?? signedIn(user, acr)
      agents.set(name, found)
      return found
    },
    async consent(user, approvalId) {
      const own = await createProofKey()
      const { accessToken } = await signInThrough(console, user, ACR_PASSWORD, own)
      const proved = createAgentFetch({ key: own, accessToken, resource })
      const response = await proved(service(`/.lockstep/approvals/${approvalId}`), { method: 'POST' })
      return { status: response.status, challenge: '', body: (await response.json()) as RawAnswer['body'] }
    },
    tally,
    legitimate(arm, succeeded) {
      tally[arm] = { asked: tally[arm].asked + 1, succeeded: tally[arm].succeeded + (succeeded ? 1 : 0) }
      return succeeded
    },
    traces: new Map(),
    recorded: (trace) => readTrace(arms.auditFolder, trace),
    async close() {
      await Promise.all(open.map((session) => session.close().catch(() => undefined)))
      await arms.close()
    },
  }
}
