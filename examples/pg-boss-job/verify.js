import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mcpAuth } from '@lockstep/express'
import { createLockstep } from '@lockstep/mcp'
import { guardClient } from '@lockstep/pg'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { exporters, pglite, relationships, tables } from './orders.js'
import { openQueue } from './queue.js'

const QUEUE = 'exports'
const resource = 'http://127.0.0.1:4193/mcp'
const issuer = await createTestIssuer({ audience: resource })
const lockstep = await createLockstep(
  {
    resource,
    issuers: [issuer.issuer],
    tools: { exportOrders: { output: { queued: 'public', exported: 'sql' } } },
    tables,
    database: pglite,
    relationships,
    state: 'memory', // a worker in another process needs a state that both share
  },
  { folder: import.meta.dirname },
)
const db = guardClient(lockstep, pglite)
const boss = await openQueue(QUEUE)

// The tool answers at once. What it leaves to do is granted, and the grant is what the queue holds.
function createServer() {
  const server = lockstep.guardServer(new McpServer({ name: 'orders', version: '1.0.0' }))
  server.registerTool('exportOrders', { description: 'Exports orders' }, async () => {
    const grant = await lockstep.grant({ purpose: 'export the orders', expiresIn: 600_000 })
    await boss.send(QUEUE, { grant })
    return { structuredContent: { queued: true }, content: [] }
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
const listening = app.listen(4193, '127.0.0.1')
await once(listening, 'listening')

const agent = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/helper' })
const client = new Client({ name: 'helper', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch: agent.fetch }))
const exportOrders = async () => (await client.callTool({ name: 'exportOrders', arguments: {} })).structuredContent

// One job of the queue, as a worker would run it: `boss.work(QUEUE, ...)` polls for the same.
async function work() {
  const [job] = await boss.fetch(QUEUE)
  const outcome = await lockstep.job(job.data.grant, async () => {
    const { rows } = await db.query('select id, total from orders order by id')
    return { exported: rows }
  })
  // What may not run any more is done with; what may be tried again is handed back.
  if (outcome.ok) await boss.complete(QUEUE, job.id, outcome.result)
  else if (outcome.mayRetry) await boss.fail(QUEUE, job.id, { code: outcome.code })
  else await boss.cancel(QUEUE, job.id)
  return { outcome, grant: job.data.grant, state: (await boss.getJobById(QUEUE, job.id)).state }
}

assert.deepEqual(await exportOrders(), { queued: true }, 'the answer does not wait for the work')
await assert.rejects(db.query('select id from orders'), { code: 'execution.no-call' })
const first = await work()
const north = [
  { id: 1, total: 120 },
  { id: 3, total: 40 },
]
assert.deepEqual(first.outcome, { ok: true, result: { exported: north } }, 'it runs as Ann, after the answer')
assert.equal(first.state, 'completed')
assert.equal((await lockstep.job(first.grant, () => assert.fail())).code, 'invocation.call-closed', 'and once')

assert.deepEqual(await exportOrders(), { queued: true })
exporters.delete('user:ann')
const second = await work()
assert.deepEqual(
  second.outcome,
  { ok: false, code: 'invocation.denied', mayRetry: false },
  'who may not export now does not, whatever was promised',
)
assert.equal(second.state, 'cancelled')

await client.close()
await boss.stop({ graceful: false })
listening.close()
await lockstep.close()
await pglite.close()
console.log('pg-boss-job: 7 passed, 0 failed')
