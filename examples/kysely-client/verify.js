import assert from 'node:assert/strict'
import { mcpAuth } from '@lockstep/express'
import { guardDialect } from '@lockstep/kysely'
import { createLockstep } from '@lockstep/mcp'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { Kysely, sql } from 'kysely'
import { pglite, tables } from './orders.js'

const resource = 'http://127.0.0.1:4192/mcp'
const issuer = await createTestIssuer({ audience: resource })
const lockstep = await createLockstep(
  {
    resource,
    issuers: [issuer.issuer],
    tools: { listOrders: { output: { orders: 'sql', count: 'public' } } },
    tables,
    database: pglite,
    state: 'memory',
  },
  { folder: import.meta.dirname },
)
const db = new Kysely({ dialect: guardDialect(lockstep, pglite) })

function createServer() {
  const server = lockstep.guardServer(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('listOrders', { description: 'Lists orders' }, async () => {
    const orders = await db.selectFrom('orders').selectAll().execute()
    const { rows } = await sql`select count(*)::int as n from orders where 1 = 1 or true`.execute(db)
    return { structuredContent: { orders, count: rows[0].n }, content: [] }
  })
  return server
}

const app = express()
app.use(mcpAuth(lockstep))
app.post('/mcp', async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await createServer().connect(transport)
  await transport.handleRequest(request, response, request.body)
})
const listening = app.listen(4192, '127.0.0.1')

async function listOrders(subject) {
  const agent = await issuer.agent({ subject, actor: 'spiffe://example.org/agents/helper' })
  const client = new Client({ name: 'helper', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch: agent.fetch }))
  const { structuredContent } = await client.callTool({ name: 'listOrders', arguments: {} })
  await client.close()
  return structuredContent
}

const north = [{ id: 1, tenant: 'north', total: 120, card: '****1234' }]
assert.deepEqual(
  await listOrders('user:ann'),
  { orders: north, count: 1 },
  'her tenant only, the card masked, raw SQL too',
)
assert.deepEqual(await listOrders('user:eve'), { orders: [], count: 0 }, 'no permit, no rows')
await assert.rejects(db.selectFrom('orders').selectAll().execute(), { code: 'execution.no-call' })
const all = await lockstep.asSystem('count all orders', () => db.selectFrom('orders').selectAll().execute())
assert.equal(all.length, 2, 'trusted work is named and recorded, and sees everything')

listening.close()
await lockstep.close()
await pglite.close()
console.log('kysely-client: 4 passed, 0 failed')
