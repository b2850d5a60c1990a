import { Client } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioServerTransport as StreamsOf2025 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { ElicitRequestSchema, UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { createLockstepApp } from '../../examples/expense-approval/server/create-lockstep-app.ts'
import { TRUST_DOMAIN } from '../../examples/expense-approval/server/expense-configuration.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import {
  type AgentTransportOptions,
  createAgentTransport,
  createLaunchEnvironment,
} from '../../packages/agent/src/index.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { openLine } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'

let house: ExpenseHouse
let createServer: Parameters<typeof createLockstepApp>[1]
let weak: HouseAgent
let bob: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      pages: { issuer: 'https://issuer.test', clientId: 'pages' },
      limits: { consentMs: 4_000 },
      // Stock clients bring no transaction tokens; the agent always brings one.
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction: 'optional' } },
    },
    mount: (lockstep, create) => {
      createServer = create
      return createLockstepApp(lockstep, create)
    },
  })
  weak = await house.agent('alice')
  bob = await house.approver('bob')
})
afterAll(() => house.close())

/** What the client wrote, a line each. */
const wrote: { method?: string; params?: { _meta?: Record<string, unknown> } }[] = []
const asked: string[] = []
beforeEach(() => {
  wrote.splice(0)
  asked.splice(0)
})

/** The agent of alice on a line of its own. */
async function planner(
  Streams: typeof StreamsOf2025 | typeof StdioServerTransport,
  options: Partial<AgentTransportOptions> = {},
) {
  const line = openLine(house.lockstep, {}, false)
  serveStdio(() => house.lockstep.guardServer(createServer()), { transport: line.transport })
  line.input.on('data', (chunk: Buffer) => {
    for (const text of String(chunk).trim().split('\n')) wrote.push(JSON.parse(text))
  })
  return createAgentTransport(new Streams(line.output, line.input), {
    key: weak.key,
    accessToken: weak.accessToken,
    resource: house.resource,
    clock: house.clock,
    txnTokens: { trustDomain: TRUST_DOMAIN, scope: 'expenses:approve', when: 'always' },
    onStepUp: async ({ acrValues }) => {
      asked.push(`sign in with ${acrValues}`)
      return (await house.agent('alice', { key: weak.key, acr: ACR_MFA })).accessToken
    },
    onApproval: async ({ id, url, tool }) => {
      asked.push(`consent to ${tool}`)
      expect(url).toBe(`${house.origin}/.lockstep/approvals/${id}`)
      expect((await bob.consent(id)).status).toBe(200)
      return 'approved'
    },
    ...options,
  })
}
const calls = () => wrote.filter(({ method }) => method === 'tools/call')
const brought = (name: string) => calls().map(({ params }) => params?._meta?.[name])

const CLIENTS = {
  '1.x': async (options?: Partial<AgentTransportOptions>) => {
    const client = new ClientOf2025({ name: 'planner', version: '1' })
    await client.connect(await planner(StreamsOf2025, options))
    return client
  },
  '2.x': async (options?: Partial<AgentTransportOptions>) => {
    const client = new Client({ name: 'planner', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(await planner(StdioServerTransport, options))
    return client
  },
}

describe.each(Object.entries(CLIENTS))('a client of %s on a line', (generation, connect) => {
  test(proves('stdio:agent', `${generation}, a stronger sign-in and a second person`), async () => {
    const client = await connect()
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain(TOOL)
    const { id } = await house.invoice(600_000)
    const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
    expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
    expect(await house.status(id)).toBe('approved')
    expect(asked).toEqual([`sign in with ${ACR_MFA}`, `consent to ${TOOL}`])
    expect([...new Set(brought('lockstep/idempotency-key'))], 'one call').toEqual([expect.any(String)])
    const proofs = wrote.map(({ params }) => JSON.stringify(params?._meta?.['lockstep/authorization']))
    expect(new Set(proofs).size, 'a proof for each message').toBe(wrote.length)
    expect(brought('lockstep/txn-token').at(-1)).toEqual(expect.any(String))
    await client.close()
  })

  test(proves('stdio:agent', `${generation}, and nobody consents`), async () => {
    const client = await connect({ onApproval: async () => undefined })
    const { id } = await house.invoice(600_000)
    const before = await house.effects()
    await expect(client.callTool({ name: TOOL, arguments: { invoiceId: id } })).rejects.toThrow(
      /consent of a second person|access_denied/,
    )
    expect(await house.effects()).toBe(before)
    await client.close()
  })

  test(proves('stdio:agent', `${generation}, and another token when one is refused`), async () => {
    let given = 0
    const stale = await house.agent('alice', { key: weak.key, expiresIn: -60 })
    const client = await connect({
      accessToken: async () => {
        given += 1
        return given === 1 ? stale.accessToken : weak.accessToken
      },
    })
    const { id } = await house.invoice()
    const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
    expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
    await client.close()
  })
})

describe('a client that knows nothing of Lockstep', () => {
  /** A line of a process that was launched for alice, signed in strongly. */
  async function launch() {
    const { key, accessToken } = await house.agent('alice', { acr: ACR_MFA })
    const { resource, clock } = house
    const line = openLine(house.lockstep, await createLaunchEnvironment({ key, accessToken, resource, clock }), false)
    serveStdio(() => house.lockstep.guardServer(createServer()), { transport: line.transport })
    return line
  }
  const idIn = (url: string) => url.split('/').at(-1) ?? ''

  test(proves('stdio:elicitation', '2026-07-28: by a round'), async () => {
    const line = await launch()
    const pages: string[] = []
    const client = new Client(
      { name: 'planner', version: '1' },
      { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
    )
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      pages.push(params.mode === 'url' ? params.url : 'a form')
      // The person is only led there: somebody else decides a little later.
      setTimeout(() => void bob.consent(idIn(pages[0] ?? '')), 200)
      return { action: 'accept' }
    })
    await client.connect(new StdioServerTransport(line.output, line.input))
    const { id } = await house.invoice(600_000)
    const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
    expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
    expect(await house.status(id)).toBe('approved')
    expect(pages).toEqual([expect.stringContaining(`${house.origin}/.lockstep/pages/approvals/`)])
    await client.close()
  })

  test(proves('stdio:elicitation', '2025-11-25: by an error'), async () => {
    const line = await launch()
    const client = new ClientOf2025({ name: 'planner', version: '1' }, { capabilities: { elicitation: { url: {} } } })
    client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' }))
    await client.connect(new StreamsOf2025(line.output, line.input))
    const { id } = await house.invoice(600_000)
    const before = await house.effects()
    const call = () => client.callTool({ name: TOOL, arguments: { invoiceId: id } })
    const refused = await call().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UrlElicitationRequiredError)
    const [page] = (refused as UrlElicitationRequiredError).elicitations
    expect(await house.effects()).toBe(before)
    expect((await bob.consent(idIn(page?.url ?? ''))).status).toBe(200)
    expect((await call()).structuredContent).toEqual({ invoiceId: id, status: 'approved' })
    await client.close()
  })

  test(proves('stdio:challenge'), async () => {
    const { key, accessToken } = await house.agent('alice')
    const { resource, clock } = house
    const line = openLine(house.lockstep, await createLaunchEnvironment({ key, accessToken, resource, clock }))
    await house.lockstep.guardServer(createServer()).connect(line.transport)
    const { id } = await house.invoice(600_000)
    line.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: TOOL, arguments: { invoiceId: id } } })
    const { error } = await line.answer(1)
    expect(error?.data).toMatchObject({
      status: 401,
      unlock: { acr: ACR_MFA },
      challenge: { error: 'insufficient_user_authentication', acr_values: ACR_MFA },
    })
    expect(await house.status(id)).toBe('submitted')
    await line.transport.close()
  })
})
