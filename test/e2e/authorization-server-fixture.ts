import { type AgentIdentity, createAgentIdentity } from '../../examples/expense-approval/agent/agent-identity.ts'
import { clientAssertion } from '../../examples/expense-approval/agent/client-assertion.ts'
import { signIn } from '../../examples/expense-approval/agent/sign-in.ts'
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../examples/expense-approval/authorization-server/start-authorization-server.ts'
import { createProofKey, type ProofKey, signActorToken } from '../../packages/agent/src/index.ts'
import { signProof } from '../../packages/engines/tokens/src/index.ts'

export const RESOURCE = 'http://127.0.0.1:9/mcp'
export const ALL_SCOPES = 'expenses:read expenses:approve reports:send'

/** An authorization server with two agents; alice is signed in through planner-42. */
export interface Fixture {
  readonly server: AuthorizationServer
  readonly agent: AgentIdentity
  readonly otherAgent: AgentIdentity
  /** The key that alice's token is bound to. */
  readonly key: ProofKey
  readonly aliceToken: string
}

/** What an endpoint answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export async function startFixture(clock?: () => number): Promise<Fixture> {
  const agent = await createAgentIdentity('planner-42')
  const otherAgent = await createAgentIdentity('planner-7')
  const server = await startAuthorizationServer({ resource: RESOURCE, agents: [agent, otherAgent], clock })
  const key = await createProofKey()
  const { accessToken } = await signIn({
    issuer: server.issuer,
    agent,
    user: 'alice',
    acr: 'urn:expense:acr:pwd',
    resource: RESOURCE,
    scope: 'expenses:read expenses:approve',
    key,
  })
  return { server, agent, otherAgent, key, aliceToken: accessToken }
}

/** One raw request to the token endpoint. The form is sent as it is; `proof` goes into the DPoP header. */
export async function postToken(
  server: AuthorizationServer,
  form: Readonly<Record<string, string>> | URLSearchParams,
  proof: string | undefined,
): Promise<Answer> {
  const response = await fetch(server.tokenEndpoint, {
    method: 'POST',
    headers: { accept: 'application/json', ...(proof !== undefined && { dpop: proof }) },
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

/** A fresh proof for the token endpoint. */
export function proofBy(key: ProofKey, server: AuthorizationServer): Promise<string> {
  return signProof(key, { method: 'POST', url: server.tokenEndpoint })
}

/** A form that would be granted, with a fresh client assertion. */
export async function exchangeForm(
  { server, agent, aliceToken }: Fixture,
  actorToken?: string,
): Promise<Record<string, string>> {
  return {
    ...(await clientAssertion(agent, server.issuer)),
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: aliceToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    actor_token: actorToken ?? (await actorTokenOf(agent, server)),
    actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    resource: RESOURCE,
  }
}

export function actorTokenOf(agent: AgentIdentity, server: AuthorizationServer): Promise<string> {
  return signActorToken({ key: agent.credential, actor: agent.id, audience: server.issuer })
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  const [, payload = ''] = String(token).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}

/** Sends a form that would be granted, after some changes; `undefined` leaves a parameter out. */
export async function exchangeWith(
  use: Fixture,
  changes: Readonly<Record<string, string | undefined>> = {},
  proof?: string | null,
): Promise<Answer> {
  const merged = { ...(await exchangeForm(use, changes.actor_token)), ...changes }
  const form = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const header = proof === null ? undefined : (proof ?? (await proofBy(use.key, use.server)))
  return postToken(use.server, new URLSearchParams(form), header)
}
