import { randomUUID } from 'node:crypto'
import { mcpAuth } from '@lockstep/express'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as ServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  type UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_LEVELS } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { createPageBrowser } from './page-browser.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

let provider: RunningProvider
let house: ExpenseHouse
/** Streams that clients hold open. */
let streams = 0
beforeAll(async () => {
  provider = await startProvider({ resources: {}, strength: { acrValues: ACR_LEVELS } })
  house = await openExpenseHouse({
    issuer: provider.issuer,
    configuration: {
      pages: { issuer: provider.issuer, clientId: 'pages', stepUp: true },
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction: 'optional' } },
    },
    mount: (lockstep, createServer) => {
      lockstep.guardServer(createServer())
      const sessions = new Map<string, StreamableHTTPServerTransport>()
      const app = express()
      app.use(mcpAuth(lockstep))
      app.all('/mcp', async (request, response) => {
        if (request.method === 'GET') streams += 1
        const known = sessions.get(String(request.headers['mcp-session-id']))
        if (known) return known.handleRequest(request, response, request.body)
        const transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (id) => void sessions.set(id, transport),
        })
        await lockstep.guardServer(new ServerOf2025({ name: 'expenses', version: '1' })).connect(transport)
        await transport.handleRequest(request, response, request.body)
      })
      return app
    },
  })
})
afterAll(async () => {
  await house.close()
  await provider.close()
})

/** A client with a session and a stream of its own, and what it is told there. */
async function connect(agent: HouseAgent) {
  const told: string[] = []
  const client = new ClientOf2025({ name: 'planner', version: '1' }, { capabilities: { elicitation: { url: {} } } })
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' }))
  client.setNotificationHandler(
    ElicitationCompleteNotificationSchema,
    ({ params }) => void told.push(params.elicitationId),
  )
  const before = streams
  await client.connect(new TransportOf2025(new URL(house.resource), { fetch: agent.fetch }))
  await expect.poll(() => streams > before, PATIENT).toBe(true)
  const lead = async (invoiceId: string) => {
    const refused = await client
      .callTool({ name: 'approveExpense', arguments: { invoiceId } })
      .catch((error: unknown) => error as UrlElicitationRequiredError)
    const [page] = 'elicitations' in refused ? (refused as UrlElicitationRequiredError).elicitations : []
    if (!page) throw new Error(`not led anywhere: ${refused}`)
    return page
  }
  return { told, client, lead }
}

test(proves('edge:elicitation:complete'), async () => {
  const alice = await connect(await house.agent('alice'))
  const others = [await connect(await house.agent('alice')), await connect(await house.agent('bob'))]
  const { id: invoiceId } = await house.invoice(600_000)
  const signIn = await alice.lead(invoiceId)
  const ignored = await alice.lead(invoiceId)
  expect(alice.told).toEqual([])
  const browser = createPageBrowser(house.origin, 'user:alice')
  expect((await browser.press(await browser.open(signIn.url), signIn.url, 'approve')).status).toBe(200)
  await expect.poll(() => alice.told.length > 0, PATIENT).toBe(true)
  expect(alice.told).toEqual([signIn.elicitationId])

  const approval = await alice.lead(invoiceId)
  const bob = await house.approver('bob')
  expect((await bob.consent(approval.elicitationId)).status).toBe(200)
  await expect.poll(() => alice.told.length > 1, PATIENT).toBe(true)
  expect(alice.told).toEqual([signIn.elicitationId, approval.elicitationId])
  // Stopped on the page, and told by a stream that is gone: nothing.
  expect((await browser.press(await browser.open(ignored.url), ignored.url, 'deny')).status).toBe(200)
  const late = await alice.lead((await house.invoice(600_000)).id)
  await alice.client.close()
  expect((await browser.press(await browser.open(late.url), late.url, 'approve')).status).toBe(200)
  expect(alice.told).toHaveLength(2)
  for (const other of others) {
    expect(other.told, 'nobody else').toEqual([])
    await other.client.close()
  }
})
