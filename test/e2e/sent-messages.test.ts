import { randomUUID } from 'node:crypto'
import { mcpAuth } from '@lockstep/express'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as ServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { serve } from './serve.ts'

const SENDS = {
  progress: 'public',
  logs: { data: 'public', loggers: ['ledger'] },
  asks: { form: 'public', sampling: 'public' },
} as const
const TOOLS = {
  greet: { output: { greeting: 'public' } },
  wide: { output: { shown: 'public' }, sends: SENDS },
  vault: { output: { shown: 'public' } },
  secret: {},
  fail: { output: { shown: 'public' } },
} as const
const FORM = {
  type: 'object' as const,
  properties: { color: { type: 'string' as const, title: 'Color\u202e' } },
  required: ['color'],
}

/** A server of the 1.x SDK with sessions: what it asks comes over the stream of the call, and is answered by a request of its own. */
function createOlderServer({ lockstep }: Desk): ServerOf2025 {
  const server = lockstep.guardServer(
    new ServerOf2025({ name: 'desk', version: '1' }, { capabilities: { logging: {} } }),
  )
  server.registerTool('wide', { description: 'asks' }, async (extra) => {
    const progressToken = extra._meta?.progressToken ?? 0
    await extra.sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress: 1, total: 2, message: 'half\u001b[1m' },
    })
    await server.sendLoggingMessage({ level: 'info', logger: 'ledger', data: 'looked' })
    const { action, content } = await server.server.elicitInput({ message: 'Which color?', requestedSchema: FORM })
    const { model } = await server.server.createMessage({
      messages: [{ role: 'user', content: { type: 'text', text: 'Name it' } }],
      maxTokens: 5,
    })
    return { structuredContent: { shown: `${action} ${content?.color} by ${model}` }, content: [] }
  })
  server.registerTool('fail', { description: 'asks what it may not' }, async () => {
    const began = Date.now()
    const refused = await server.server
      .elicitInput({ message: 'CANARY', requestedSchema: FORM })
      .catch((error: unknown) => String(error))
    return { structuredContent: { shown: `${refused} ${Date.now() - began < 10_000}` }, content: [] }
  })
  return server
}

/** A server of the 2.x SDK, which serves 2026-07-28: it asks with a result, and is called again. */
function createModernServer({ lockstep }: Desk): McpServer {
  const server = lockstep.guardServer(new McpServer({ name: 'desk', version: '1' }, { capabilities: { logging: {} } }))
  server.registerTool('wide', { description: 'asks' }, async (context) => {
    const { mcpReq } = context
    const progressToken = mcpReq._meta?.progressToken
    if (progressToken !== undefined) {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress: 1, total: 2, message: 'half' },
      })
    }
    const color = acceptedContent(mcpReq.inputResponses, 'color', z.object({ color: z.string() }))
    if (!color) {
      return inputRequired({
        inputRequests: { color: inputRequired.elicit({ message: 'Which color?', requestedSchema: FORM }) },
        requestState: 'asked once',
      })
    }
    return { structuredContent: { shown: `${color.color} ${mcpReq.requestState()}` }, content: [] }
  })
  return server
}

let desk: Desk
let server: Awaited<ReturnType<typeof serve>>
/** Which server answers; a plain one was made to answer with JSON alone. */
let generation: 'older' | 'modern' | 'plain older' | 'plain modern' = 'older'
beforeAll(async () => {
  desk = await openDesk({ tools: TOOLS })
  // What the configuration names has to be known before the first call.
  desk.lockstep.guardServer(desk.createServer())
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const modern = toNodeHandler(createMcpHandler(() => createModernServer(desk)))
  const plain = toNodeHandler(createMcpHandler(() => createModernServer(desk), { responseMode: 'json' }))
  const app = express()
  app.use(mcpAuth(desk.lockstep))
  app.all('/mcp', async (request, response) => {
    if (generation === 'modern') return modern(request, response, request.body)
    if (generation === 'plain modern') return plain(request, response, request.body)
    const known = sessions.get(String(request.headers['mcp-session-id']))
    if (known) return known.handleRequest(request, response, request.body)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: generation === 'plain older',
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    await createOlderServer(desk).connect(transport)
    await transport.handleRequest(request, response, request.body)
  })
  server = await serve(app)
  desk.reach(server.port)
})
afterAll(async () => {
  await server.close()
  await desk.lockstep.close()
})

const SAMPLED = { role: 'assistant', content: { type: 'text', text: 'Red' }, model: 'small' } as const
const ABLE = { elicitation: {}, sampling: {} }
interface Heard {
  readonly progress: unknown[]
  readonly logs: unknown[]
  readonly asked: unknown[]
}

async function olderClient(heard: Heard) {
  const { fetch } = await desk.agent()
  const client = new ClientOf2025({ name: 'helper', version: '1' }, { capabilities: ABLE })
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    heard.asked.push(params)
    return { action: 'accept', content: { color: 'red' } }
  })
  client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => {
    heard.asked.push(params)
    return SAMPLED
  })
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.logs.push(params))
  await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch }))
  return client
}

async function newerClient(heard: Heard) {
  const { fetch } = await desk.agent()
  const client = new Client(
    { name: 'helper', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities: ABLE },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    heard.asked.push(params)
    return { action: 'accept', content: { color: 'red' } }
  })
  client.setRequestHandler('sampling/createMessage', async ({ params }) => {
    heard.asked.push(params)
    return SAMPLED
  })
  client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params))
  await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch }))
  return client
}

const quiet = (): Heard => ({ progress: [], logs: [], asked: [] })
const ASKED = {
  message: 'Which color?',
  requestedSchema: { ...FORM, properties: { color: { type: 'string', title: 'Color' } } },
}

test.each([
  ['1.x', olderClient],
  ['2.x', newerClient],
] as const)(proves('egress:sent:clients', 'a server with sessions, %s client'), async (_name, connect) => {
  generation = 'older'
  const heard = quiet()
  const client = await connect(heard)
  const onprogress = (progress: unknown) => void heard.progress.push(progress)
  const call = { name: 'wide', arguments: {} }
  const { structuredContent } =
    client instanceof Client
      ? await client.callTool(call, { onprogress })
      : await client.callTool(call, undefined, { onprogress })
  expect(structuredContent).toEqual({ shown: 'accept red by small' })
  expect(heard.progress).toEqual([{ progress: 1, total: 2, message: 'half' }])
  expect(heard.logs).toEqual([{ level: 'info', logger: 'ledger', data: 'looked' }])
  expect(heard.asked).toMatchObject([ASKED, { messages: [{ content: { text: 'Name it' } }], maxTokens: 5 }])

  const refused = await client.callTool({ name: 'fail', arguments: {} })
  expect(refused.structuredContent).toEqual({ shown: expect.stringMatching(/no binding releases.* true$/) })
  expect(heard.asked, 'and the handler was told at once').toHaveLength(2)
  await client.close()
})

test(proves('egress:sent:clients', 'a server of 2026-07-28'), async () => {
  generation = 'modern'
  const heard = quiet()
  const client = await newerClient(heard)
  const { structuredContent } = await client.callTool(
    { name: 'wide', arguments: {} },
    { onprogress: (progress) => void heard.progress.push(progress) },
  )
  expect(structuredContent).toEqual({ shown: 'red asked once' })
  expect(heard.asked).toMatchObject([ASKED])
  expect(heard.progress.length, 'of each round').toBeGreaterThan(0)
  await client.close()
})

test.each([
  ['1.x', olderClient],
  ['2.x', newerClient],
] as const)(proves('egress:sent:plain', 'a 1.x server, %s client'), async (_name, connect) => {
  generation = 'plain older'
  const heard = quiet()
  const client = await connect(heard)
  // Its handler is told at once that nothing can be asked, whether or not it is bound.
  for (const name of ['fail', 'wide']) {
    const answered = await client.callTool({ name, arguments: {} }).catch((error: unknown) => String(error))
    if (name === 'fail') {
      const shown = { shown: expect.stringMatching(/the answer is plain JSON.* true$/) }
      expect(answered).toMatchObject({ structuredContent: shown })
    }
    const { outcome, detail } = desk.audit.events.findLast(({ step }) => step === 'response') ?? {}
    expect([outcome, detail?.sent]).toEqual(
      name === 'fail' ? ['completed', { refused: 1 }] : ['failed', { held: 2, refused: 1 }],
    )
  }
  expect(heard).toEqual(quiet())
  await client.close()
})

test(proves('egress:sent:plain', 'a 2.x server'), async () => {
  generation = 'plain modern'
  const heard = quiet()
  const client = await newerClient(heard)
  const { structuredContent } = await client.callTool(
    { name: 'wide', arguments: {} },
    { onprogress: (progress) => void heard.progress.push(progress) },
  )
  // It asks with a result, which plain JSON carries.
  expect(structuredContent).toEqual({ shown: 'red asked once' })
  expect(heard.asked).toMatchObject([ASKED])
  // Of what is left the client says that it answers by itself.
  expect(JSON.stringify(heard.progress)).not.toContain('half')
  await client.close()
})
