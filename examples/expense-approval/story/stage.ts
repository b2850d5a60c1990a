import { randomBytes } from 'node:crypto'
import { type AgentFetchOptions, createAgentFetch, createProofKey } from '@lockstep/agent'
import { type AuditRecord, readTrace } from '@lockstep/audit'
import { createAgentIdentity } from '../agent/agent-identity.ts'
import { exchangeForAgent } from '../agent/exchange-for-agent.ts'
import { signIn } from '../agent/sign-in.ts'
import { ACR_PASSWORD, type AssuranceLevel } from '../authorization-server/assurance.ts'
import type { PersonName } from '../authorization-server/person.ts'
import { startAuthorizationServer } from '../authorization-server/start-authorization-server.ts'
import { type ExpenseArms, startExpenseArms } from '../server/start-expense-arms.ts'
import { type AgentSession, type CallOutcome, connectAgent, type SeenTool } from './agent-session.ts'

/** Which of the two deployments of the same handlers. */
export type Arm = 'oauth-only' | 'lockstep'

/** A person's agent, signed in, with its token. */
export interface SignedInAgent {
  readonly user: PersonName
  readonly accessToken: string
  /** A connection to one arm: behind Lockstep every request is proved, behind OAuth alone the token is sent as it is. */
  connect(arm: Arm, generation?: AgentSession['generation']): Promise<TracedSession>
}

/** A session whose requests each have a trace of their own. */
export interface TracedSession {
  listTools(): Promise<{ readonly tools: readonly SeenTool[]; readonly trace: string }>
  call(name: string, args?: Record<string, unknown>): Promise<{ readonly outcome: CallOutcome; readonly trace: string }>
}

/** Everything the story plays on. */
export interface Stage {
  readonly actor: string
  readonly arms: ExpenseArms
  readonly agentOf: (user: PersonName, acr?: AssuranceLevel) => Promise<SignedInAgent>
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
}

const SCOPE = 'expenses:read expenses:approve reports:send'

/** Starts the authorization server, the data and both arms, with one agent that people sign in through. */
export async function setStage({ port, state }: StageOptions): Promise<Stage> {
  const agent = await createAgentIdentity('planner-42')
  const arms = await startExpenseArms({
    port,
    state,
    startAuthorizationServer: (resource, at) => startAuthorizationServer({ resource, agents: [agent], port: at }),
  })
  const { resource, issuer } = arms
  const open: AgentSession[] = []
  const key = await createProofKey()

  const connect = async (
    arm: Arm,
    generation: AgentSession['generation'],
    accessToken: string,
  ): Promise<TracedSession> => {
    let trace = ''
    const traced: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers)
      if (trace) headers.set('traceparent', `00-${trace}-${randomBytes(8).toString('hex')}-01`)
      if (arm === 'oauth-only') headers.set('authorization', `Bearer ${accessToken}`)
      return fetch(input, { ...init, headers })
    }
    const options: AgentFetchOptions = { key, accessToken, resource, fetch: traced }
    const session = await connectAgent(
      generation,
      arm === 'lockstep' ? resource : arms.oauthOnly,
      arm === 'lockstep' ? createAgentFetch(options) : traced,
    )
    open.push(session)
    const inTrace = async <T>(work: () => Promise<T>): Promise<[T, string]> => {
      trace = randomBytes(16).toString('hex')
      return [await work(), trace]
    }
    return {
      async listTools() {
        const [tools, at] = await inTrace(() => session.listTools())
        return { tools, trace: at }
      },
      async call(name, args) {
        const [outcome, at] = await inTrace(() => session.call(name, args))
        return { outcome, trace: at }
      },
    }
  }

  return {
    actor: agent.id,
    arms,
    async agentOf(user, acr = ACR_PASSWORD) {
      const person = await signIn({ issuer, agent, user, acr, resource, scope: SCOPE, key })
      const { accessToken } = await exchangeForAgent({ issuer, agent, key, accessToken: person.accessToken, resource })
      return { user, accessToken, connect: (arm, generation = '2.x') => connect(arm, generation, accessToken) }
    },
    recorded: (trace) => readTrace(arms.auditFolder, trace),
    async close() {
      await Promise.all(open.map((session) => session.close().catch(() => undefined)))
      await arms.close()
    },
  }
}
