import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mcpAuth } from '@lockstep/express'
import { createLockstep } from '@lockstep/mcp'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { SMTPServer } from 'smtp-server'
import { z } from 'zod'
import { mailNotifier } from './mail-notifier.js'

// A mail server on this machine, which keeps what it is sent.
const mails = []
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  async onData(stream, session, done) {
    let text = ''
    for await (const chunk of stream) text += chunk
    mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text })
    done()
  },
})
smtp.listen(0, '127.0.0.1')
await once(smtp.server, 'listening')

const mailboxes = { 'Department::"7"': ['ben@example.com', 'eve@example.com'] }
const notifier = mailNotifier({
  smtp: { host: '127.0.0.1', port: smtp.server.address().port },
  from: 'lockstep@example.com',
  recipients: (shown) => mailboxes[shown['resource.dept']] ?? [],
})

const department = { entity: { type: 'Department', id: '7' } }
const invoices = { 'INV-1': { dept: department, cents: 900_000 } }
const approvers = new Set(['user:ben', 'user:eve'])
const resource = 'http://127.0.0.1:4194/mcp'
const issuer = await createTestIssuer({ audience: resource })
const lockstep = await createLockstep(
  {
    resource,
    issuers: [issuer.issuer],
    tools: {
      payInvoice: {
        resource: { type: 'Invoice', argument: 'id' },
        shows: ['resource.cents', 'resource.dept', 'arguments.reference'],
        output: { paid: 'public' },
      },
    },
    resources: {
      authority: 'invoices',
      types: ['Invoice'],
      load: async (type, id) =>
        Object.hasOwn(invoices, id) ? { type, id, attributes: invoices[id], parents: [] } : undefined,
    },
    relationships: {
      load: async ({ subject, actor }) => ({
        entities: [
          {
            type: 'User',
            id: subject.id,
            attributes: { approvesFor: { set: approvers.has(subject.id) ? [department] : [] } },
            parents: [],
          },
          ...(actor ? [{ type: 'Agent', id: actor.id, attributes: {}, parents: [] }] : []),
        ],
        revision: '1',
      }),
    },
    approvers: { relation: 'approvesFor', of: 'dept' },
    approvals: { notifier },
    state: 'memory',
  },
  { folder: import.meta.dirname },
)

function createServer() {
  const server = lockstep.guardServer(new McpServer({ name: 'invoices', version: '1.0.0' }))
  const inputSchema = { id: z.string(), reference: z.string() }
  server.registerTool('payInvoice', { description: 'Pays an invoice', inputSchema }, async () => ({
    structuredContent: { paid: true },
    content: [],
  }))
  return server
}

const app = express()
app.use(mcpAuth(lockstep))
app.post('/mcp', async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await createServer().connect(transport)
  await transport.handleRequest(request, response, request.body)
})
const listening = app.listen(4194, '127.0.0.1')
await once(listening, 'listening')

const agentOf = (subject, app) => issuer.agent({ subject, actor: `spiffe://example.org/${app}` })
const ann = await agentOf('user:ann', 'agents/helper')
const client = new Client({ name: 'helper', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch: ann.fetch }))
const pay = () =>
  client.callTool({ name: 'payInvoice', arguments: { id: 'INV-1', reference: 'to Ch\u0430se \u202e1202' } })
/** What the call was refused with; the official client quotes the answer in its message. */
const refused = async () => {
  const { message } = await pay().then(assert.fail, (error) => error)
  return JSON.parse(message.slice(message.indexOf('{'))).error.data
}
const until = async (holds) => {
  const end = performance.now() + 60_000
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come within a minute')
    await new Promise((done) => setTimeout(done, 20))
  }
}
const answer = async (agent, path) => (await agent.fetch(path, { method: 'POST' })).json()

const { code, unlock } = await refused()
assert.equal(code, 'invocation.approval-required')
await until(() => mails.length === 1)
const [asked] = mails
assert.deepEqual(asked.to, ['ben@example.com', 'eve@example.com'])
const url = `http://127.0.0.1:4194/.lockstep/approvals/${unlock.approval.id}`
const text = asked.text.replaceAll('=\r\n', '').replaceAll('=3D', '=')
assert.ok(text.includes(url))
assert.ok(text.includes('resource.cents: 900000'))
assert.ok(text.includes('to Ch\\u{430}se \\u{202e}1202'), 'what looks like something else is spelled out')

const [ben, eve] = [await agentOf('user:ben', 'apps/mail'), await agentOf('user:eve', 'apps/mail')]
assert.deepEqual(await answer(ben, url), { id: unlock.approval.id, state: 'pending', given: 1, needed: 2 })
assert.equal((await refused()).code, 'invocation.approval-required', 'one is not enough')
assert.equal((await answer(ben, url)).error.data.code, 'invocation.approval-invalid', 'nobody counts twice')
assert.deepEqual(await answer(eve, url), { id: unlock.approval.id, state: 'approved', given: 2, needed: 2 })
assert.deepEqual((await pay()).structuredContent, { paid: true })
await until(() => mails.length === 3)

const next = (await refused()).unlock.approval.id
assert.notEqual(next, unlock.approval.id, 'a consent is used once')
await answer(ben, `http://127.0.0.1:4194/.lockstep/approvals/${next}/deny`)
assert.equal((await refused()).code, 'invocation.approval-denied', 'and a denial stays')

await client.close()
listening.close()
await lockstep.close()
smtp.close()
console.log('approval-mail: 12 passed, 0 failed')
