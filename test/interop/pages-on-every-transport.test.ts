import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport as StreamsOf2025 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { ElicitRequestSchema, UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ACR_LEVELS } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { createLockstepApp } from '../../examples/expense-approval/server/create-lockstep-app.ts'
import { TRUST_DOMAIN } from '../../examples/expense-approval/server/expense-configuration.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { createAgentFetch, createAgentTransport, type PageVisit } from '../../packages/agent/src/index.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { openLine, proofFor } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'
import { createPageBrowser } from './page-browser.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

const TOOL = 'approveExpense'

let provider: RunningProvider
let house: ExpenseHouse
let createServer: Parameters<typeof createLockstepApp>[1]
let alice: HouseAgent
let bob: HouseAgent
let close: () => Promise<void>
/** Opens the house again, where stock clients need no transaction token, or where everybody needs one. */
async function open(transaction: 'required' | 'optional') {
  await close?.()
  house = await openExpenseHouse({
    issuer: provider.issuer,
    configuration: {
      pages: { issuer: provider.issuer, clientId: 'pages', stepUp: true },
      limits: { consentMs: 5_000 },
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction } },
    },
    mount: (lockstep, create) => {
      createServer = create
      return createLockstepApp(lockstep, create)
    },
  })
  close = house.close
  alice = await house.agent('alice')
  bob = await house.approver('bob')
}
beforeAll(async () => {
  provider = await startProvider({ resources: {}, strength: { acrValues: ACR_LEVELS } })
})
afterAll(async () => {
  await close()
  await provider.close()
})

const pages: string[] = []
beforeEach(() => void pages.splice(0))

/** What people do on the pages that they are led to: alice signs in and lets the call go on, bob consents. */
async function goThrough(url: string): Promise<'accept'> {
  const [id = '', of = ''] = url.split('/').reverse()
  pages.push(of)
  if (of === 'approvals') {
    expect((await bob.consent(id)).status).toBe(200)
    return 'accept'
  }
  const browser = createPageBrowser(house.origin, 'user:alice')
  expect((await browser.press(await browser.open(url), url, 'approve')).status).toBe(200)
  return 'accept'
}

type Streams = typeof StreamsOf2025 | typeof StdioServerTransport

/** The agent of alice, whose tool needs a transaction token too; its client knows nothing of pages. */
const agentOptions = () => ({
  key: alice.key,
  accessToken: alice.accessToken,
  resource: house.resource,
  clock: house.clock,
  txnTokens: { trustDomain: TRUST_DOMAIN, scope: 'expenses:approve' },
  onPage: ({ url }: PageVisit) => goThrough(url),
})
/** The stdio of a process that was launched with alice's token, or where each message brings its own. */
function stdio(Stdio: Streams, environment = {}) {
  const line = openLine(house.lockstep, environment, false)
  serveStdio(() => house.lockstep.guardServer(createServer()), { transport: line.transport })
  return new Stdio(line.output, line.input)
}

const info = { name: 'planner', version: '1' }
const AGENTS = {
  '1.x over HTTP': async () => {
    const client = new ClientOf2025(info)
    const transport = new TransportOf2025(new URL(house.resource), { fetch: createAgentFetch(agentOptions()) })
    await client.connect(transport)
    return client
  },
  '2.x over HTTP': async () => {
    const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
    const transport = new StreamableHTTPClientTransport(new URL(house.resource), {
      fetch: createAgentFetch(agentOptions()),
    })
    await client.connect(transport)
    return client
  },
  '1.x over stdio': async () => {
    const client = new ClientOf2025(info)
    await client.connect(createAgentTransport(stdio(StreamsOf2025), agentOptions()))
    return client
  },
  '2.x over stdio': async () => {
    const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
    await client.connect(createAgentTransport(stdio(StdioServerTransport), agentOptions()))
    return client
  },
}

describe('agents', () => {
  beforeAll(() => open('required'))
  test.each(Object.entries(AGENTS))(
    proves('agent:pages', 'a sign-in and consent of real people, for a client of %s'),
    async (_name, connect) => {
      const args = { invoiceId: (await house.invoice(600_000)).id }
      const client = await connect()
      const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
      expect(structuredContent).toEqual({ ...args, status: 'approved' })
      expect(pages, 'each page once').toEqual(['sign-in', 'approvals'])
      await client.close()
    },
  )
})

describe('stock clients over stdio', () => {
  beforeAll(() => open('optional'))
  const launched = async () => ({
    LOCKSTEP_ACCESS_TOKEN: alice.accessToken,
    LOCKSTEP_DPOP_PROOF: await proofFor(alice, house.resource, house.clock),
  })
  const args = async () => ({ invoiceId: (await house.invoice(600_000)).id })

  test(proves('edge:sign-in:rounds', '2.x, over stdio'), async () => {
    const client = new Client(info, {
      versionNegotiation: { mode: 'auto' },
      capabilities: { elicitation: { url: {} } },
    })
    client.setRequestHandler('elicitation/create', async ({ params }) => ({
      action: await goThrough(params.mode === 'url' ? params.url : ''),
    }))
    await client.connect(stdio(StdioServerTransport, await launched()))
    const given = await args()
    const { structuredContent } = await client.callTool({ name: TOOL, arguments: given })
    expect(structuredContent).toEqual({ ...given, status: 'approved' })
    expect(pages).toEqual(['sign-in', 'approvals'])
    await client.close()
  })

  test(proves('edge:sign-in:error', '1.x, over stdio'), async () => {
    const client = new ClientOf2025(info, { capabilities: { elicitation: { url: {} } } })
    client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' }))
    await client.connect(stdio(StreamsOf2025, await launched()))
    const call = { name: TOOL, arguments: await args() }
    for (let turn = 0; turn < 2; turn += 1) {
      const refused = await client.callTool(call).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(UrlElicitationRequiredError)
      await goThrough((refused as UrlElicitationRequiredError).elicitations[0]?.url ?? '')
    }
    const { structuredContent } = await client.callTool(call)
    expect(structuredContent).toEqual({ ...call.arguments, status: 'approved' })
    expect(pages).toEqual(['sign-in', 'approvals'])
    await client.close()
  })

  test.each([['1.x'], ['2.x']])(proves('edge:sign-in:challenge', '%s without pages, over stdio'), async (version) => {
    const client =
      version === '1.x' ? new ClientOf2025(info) : new Client(info, { versionNegotiation: { mode: 'auto' } })
    alice = await house.agent('alice')
    await client.connect(stdio(version === '1.x' ? StreamsOf2025 : StdioServerTransport, await launched()))
    const given = await args()
    const before = await house.effects()
    const refused = await client.callTool({ name: TOOL, arguments: given }).catch((error: unknown) => error)
    expect(String(refused)).toMatch(/does not permit this call/)
    expect((refused as { data?: object }).data).toMatchObject({
      status: 401,
      code: 'invocation.denied',
      challenge: { error: 'insufficient_user_authentication', acr_values: ACR_LEVELS[1] },
    })
    expect(pages).toEqual([])
    expect(await house.effects()).toBe(before)
    await client.close()
  })
})
