import type { RequestListener } from 'node:http'
import { mcpAuth } from '@lockstep/express'
import { McpServer as ServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/server'
import express from 'express'
import { afterEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { openLine, signed } from '../fixtures/stdio/open-line.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const circle: Record<string, unknown> = { shown: 'CANARY' }
circle.shown = circle
const ROWS: Record<string, unknown> = {
  'that is circular': circle,
  'that JSON cannot write': { shown: 10n },
  'that throws when it is read': {
    get shown() {
      throw new Error('CANARY')
    },
  },
  'that throws when it is written': {
    toJSON() {
      throw new Error('CANARY')
    },
  },
  'that says it is something else': { shown: { toJSON: () => ({ CANARY: 1 }) } },
}

/** Whoever waited for the deadline would be told of it. Milliseconds. */
const LATE = 60_000
const openWide = async () => {
  const schema = { type: 'object', properties: { shown: { type: 'string', 'x-lockstep': 'public' } } } as const
  const desk = await openDesk({
    tools: { wide: { outputSchema: schema } },
    limits: { bodyBytes: 4096, headerBytes: 4096, callMs: LATE },
  })
  ends.push(() => desk.lockstep.close())
  return desk
}
const resultOf = (kind: string) => async () => ({
  structuredContent: ROWS[kind] as Record<string, unknown>,
  content: [],
})
const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'wide', arguments: {} } } as const

function createServer({ lockstep }: Desk, kind: string): McpServer {
  const server = lockstep.guardServer(new McpServer({ name: 'desk', version: '1.0.0' }))
  server.registerTool('wide', { description: 'Wide' }, resultOf(kind))
  return server
}

const onOlder =
  (enableJsonResponse: boolean) =>
  (desk: Desk, kind: string): RequestListener => {
    const app = express()
    app.use(mcpAuth(desk.lockstep))
    app.post('/mcp', async (request, response) => {
      const server = desk.lockstep.guardServer(new ServerOf2025({ name: 'desk', version: '1.0.0' }))
      server.registerTool('wide', { description: 'Wide' }, resultOf(kind))
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse })
      await server.connect(transport)
      await transport.handleRequest(request, response, request.body)
    })
    return app
  }

const MOUNTS: Record<string, (desk: Desk, kind: string) => RequestListener> = {
  Express: (desk, kind) => onExpress(desk.lockstep, () => createServer(desk, kind)),
  Koa: (desk, kind) => onKoa(desk.lockstep, () => createServer(desk, kind)),
  'a 1.x server that streams': onOlder(false),
  'a 1.x server that answers JSON': onOlder(true),
}

describe.each(Object.entries(MOUNTS))('behind %s', (name, mount) => {
  test.each(Object.keys(ROWS))(proves('egress:result:unsendable', `one %s, behind ${name}`), async (kind) => {
    const desk = await openWide()
    const server = await serve(mount(desk, kind))
    ends.push(() => server.close())
    desk.reach(server.port)
    const ann = await desk.agent()
    const response = await ann.fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(CALL),
    })
    const text = await response.text()
    expect(text).not.toContain('CANARY')
    const isFailed = kind !== 'that says it is something else'
    expect(text).toContain(isFailed ? '"code":"invocation.handler-failed"' : '"structuredContent":{}')
    // Whatever the handler did, its outcome is on record.
    await expect.poll(() => desk.audit.events.at(-1)?.step, PATIENT).toBe('response')
    expect(desk.audit.events.at(-1)?.outcome).toBe(isFailed ? 'failed' : 'completed')
  })
})

test.each(Object.keys(ROWS))(proves('egress:result:unsendable', 'one %s, over stdio'), async (kind) => {
  const desk = await openWide()
  const line = openLine(desk.lockstep, {})
  await createServer(desk, kind).connect(line.transport)
  line.send(await signed(await desk.agent(), RESOURCE, CALL))
  const answer = await line.answer(7)
  expect(JSON.stringify(answer)).not.toContain('CANARY')
  const isFailed = kind !== 'that says it is something else'
  if (isFailed) expect(answer.error?.data?.code).toBe('invocation.handler-failed')
  else expect(answer.result).toMatchObject({ structuredContent: {} })
  await expect.poll(() => desk.audit.events.at(-1)?.step, PATIENT).toBe('response')
  expect(desk.audit.events.at(-1)?.outcome).toBe(isFailed ? 'failed' : 'completed')
  await line.transport.close()
})
