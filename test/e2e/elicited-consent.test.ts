import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const ISSUER = 'https://issuer.test'
const SAYS = /consent of a second person/

let house: ExpenseHouse
let alice: HouseAgent
let bob: HouseAgent
/** Requests of the official clients, so that a loop would show. */
const asked: string[] = []
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      pages: { issuer: ISSUER, clientId: 'pages' },
      limits: { consentMs: 3_000 },
      // Stock clients bring no transaction tokens.
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction: 'optional' } },
    },
  })
  alice = await house.agent('alice', { acr: ACR_MFA })
  bob = await house.approver('bob')
})
afterAll(() => house.close())
beforeEach(() => void asked.splice(0))

const send: typeof fetch = (input, init) => {
  const { method } = JSON.parse(String(init?.body ?? '{}')) as { method?: string }
  asked.push(method ?? init?.method ?? 'GET')
  return alice.fetch(input, init)
}
const calls = () => asked.filter((method) => method === 'tools/call').length
const idIn = (url: string) => url.split('/').at(-1) ?? ''
const large = async () => ({ invoiceId: (await house.invoice(600_000)).id })

/** A client of 2026-07-28 that leads its person to a page, with what the person does there. */
async function modern(onUrl: ((url: string) => Promise<'accept' | 'decline'>) | undefined) {
  const client = new Client(
    { name: 'planner', version: '1' },
    {
      versionNegotiation: { mode: 'auto' },
      capabilities: onUrl ? { elicitation: { url: {} } } : {},
    },
  )
  if (onUrl) {
    client.setRequestHandler('elicitation/create', async ({ params }) => ({
      action: await onUrl(params.mode === 'url' ? params.url : 'a form'),
    }))
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(house.resource), { fetch: send }))
  return client
}

async function older(capabilities: object) {
  const client = new ClientOf2025({ name: 'planner', version: '1' }, { capabilities })
  if ('elicitation' in capabilities) client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' }))
  await client.connect(new TransportOf2025(new URL(house.resource), { fetch: send }))
  return client
}

test(proves('edge:elicitation:rounds', 'consent comes while the call waits'), async () => {
  const args = await large()
  const pages: string[] = []
  const client = await modern(async (url) => {
    pages.push(url)
    // The person is only led there: somebody else decides a little later.
    setTimeout(() => void bob.consent(idIn(url)), 200)
    return 'accept'
  })
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
  expect(structuredContent).toEqual({ ...args, status: 'approved' })
  expect(await house.status(args.invoiceId)).toBe('approved')
  expect(pages).toEqual([expect.stringMatching(new RegExp(`^${house.origin}/\\.lockstep/pages/approvals/[\\w-]{32}$`))])
  expect(calls(), 'the call and its one retry').toBe(2)
  await client.close()
})

test(proves('edge:elicitation:rounds', 'nobody consents in time'), async () => {
  const args = await large()
  const pages: string[] = []
  const client = await modern(async (url) => {
    pages.push(url)
    return 'accept'
  })
  const before = await house.effects()
  const began = Date.now()
  await expect(client.callTool({ name: TOOL, arguments: args })).rejects.toThrow(SAYS)
  expect(Date.now() - began, 'it does not hang').toBeLessThan(20_000)
  expect(calls()).toBe(2)
  expect(pages).toHaveLength(1)
  expect(await house.effects()).toBe(before)
  // Later the same call, from the start, is permitted.
  expect((await bob.consent(idIn(pages[0] ?? ''))).status).toBe(200)
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
  expect(structuredContent).toEqual({ ...args, status: 'approved' })
  expect(pages).toHaveLength(1)
  await client.close()
})

test(proves('edge:elicitation:rounds', 'the person does not want to go there'), async () => {
  const args = await large()
  const client = await modern(async () => 'decline')
  const before = await house.effects()
  await expect(client.callTool({ name: TOOL, arguments: args })).rejects.toThrow(SAYS)
  expect(calls()).toBe(2)
  expect(await house.effects()).toBe(before)
  await client.close()
})

test(proves('edge:elicitation:error'), async () => {
  const args = await large()
  const client = await older({ elicitation: { url: {} } })
  const before = await house.effects()
  const refused = await client.callTool({ name: TOOL, arguments: args }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(UrlElicitationRequiredError)
  const { elicitations } = refused as UrlElicitationRequiredError
  const [page] = elicitations
  expect(elicitations).toHaveLength(1)
  expect(page).toEqual({
    mode: 'url',
    url: `${house.origin}/.lockstep/pages/approvals/${page?.elicitationId}`,
    elicitationId: expect.stringMatching(/^[\w-]{32}$/),
    message: expect.stringContaining('consent'),
  })
  expect(calls()).toBe(1)
  expect(await house.effects()).toBe(before)
  expect((await bob.consent(page?.elicitationId ?? '')).status).toBe(200)
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
  expect(structuredContent).toEqual({ ...args, status: 'approved' })
  expect(calls()).toBe(2)
  await client.close()
})

test.each([
  ['2.x without elicitation', () => modern(undefined)],
  ['1.x without elicitation', () => older({})],
  ['1.x with forms only', () => older({ elicitation: {} })],
] as const)(proves('edge:elicitation:plain', '%s'), async (_name, connect) => {
  const args = await large()
  const client = await connect()
  const before = await house.effects()
  const refused = await client.callTool({ name: TOOL, arguments: args }).catch((error: unknown) => String(error))
  expect(refused).toMatch(SAYS)
  expect(refused, 'with what to do').toMatch(/invocation\.approval-required|send the same call again/)
  expect(calls()).toBe(1)
  expect(await house.effects()).toBe(before)
  await client.close()
})

const ROUNDS = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'planner', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
}
const accepted = { approval: { action: 'accept' } }

/** One call of 2026-07-28 as bytes, with whatever comes back from a round. */
function round(agent: HouseAgent, args: object, back: object = {}, tool = TOOL): Promise<WireAnswer> {
  return agent.post(
    { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: tool, arguments: args, _meta: ROUNDS, ...back } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': tool },
  )
}

test(proves('edge:elicitation:state'), async () => {
  const args = await large()
  const other = await large()
  const first = await round(alice, args)
  expect(first.status).toBe(200)
  expect(first.body.result).toMatchObject({
    resultType: 'input_required',
    inputRequests: { approval: { method: 'elicitation/create', params: { mode: 'url' } } },
    _meta: {
      'lockstep/denial': { code: 'invocation.approval-required', unlock: { approval: { id: expect.any(String) } } },
    },
  })
  const requestState = String(first.body.result?.requestState)
  const [head = '', ...rest] = requestState.split('.')
  expect(JSON.parse(Buffer.from(head, 'base64url').toString()), 'sealed').toMatchObject({ alg: 'dir', enc: 'A256GCM' })
  expect(first.text, 'nothing of the call is in it').not.toContain(args.invoiceId)

  const before = await house.effects()
  const refused = async (agent: HouseAgent, given: object, state: unknown) => {
    const answer = await round(agent, given, { requestState: state, inputResponses: accepted })
    expect([answer.status, answer.body.error?.data?.code]).toEqual([403, 'invocation.request-state-invalid'])
    expect(house.recorded(answer.trace).at(-1)).toMatchObject({
      outcome: 'denied',
      code: 'invocation.request-state-invalid',
    })
    if (typeof state === 'string' && state !== '') expect(answer.text).not.toContain(state.slice(0, 40))
    expect(await house.effects()).toBe(before)
  }
  const altered = (index: number) => {
    const parts = [head, ...rest]
    const part = Buffer.from(parts[index] ?? '', 'base64url')
    part[0] = (part[0] ?? 0) ^ 1
    parts[index] = part.toString('base64url')
    return parts.join('.')
  }
  for (const state of [altered(2), altered(3), altered(4), 'CANARY', '', 7, {}, null]) await refused(alice, args, state)
  await refused(alice, other, requestState)
  await refused(await house.agent('alice', { acr: ACR_MFA }), args, requestState)
  const stranger = await house.agent('bob', { acr: ACR_MFA, key: alice.key })
  const disguised = await round(stranger, args, { requestState, inputResponses: accepted })
  expect(disguised.body.error?.data?.code, 'who may not see the tool').toBe('discovery.tool-unknown')

  // None of that used it up; this does, and its answer is no further round.
  const retried = await round(alice, args, { requestState })
  expect([retried.status, retried.body.error?.data?.code]).toEqual([403, 'invocation.approval-required'])
  await refused(alice, args, requestState)

  const again = String((await round(alice, args)).body.result?.requestState)
  expect(again).not.toBe(requestState)
  house.advance(600_001)
  alice = await house.agent('alice', { acr: ACR_MFA, key: alice.key })
  await refused(alice, args, again)
})

test(proves('edge:elicitation:state', 'it grants nothing'), async () => {
  const args = await large()
  const requestState = String((await round(alice, args)).body.result?.requestState)
  const weak = await house.agent('alice', { key: alice.key })
  // A weaker sign-in of the same pair and key: the call is decided on in full, and lacks more.
  const answer = await round(weak, args, { requestState, inputResponses: accepted })
  expect([answer.status, answer.body.error?.data?.code]).toEqual([401, 'invocation.denied'])
  expect(await house.status(args.invoiceId)).toBe('submitted')
})
