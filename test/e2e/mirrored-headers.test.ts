import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/server'
import supertest from 'supertest'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const NEW = '2026-07-28'
const META = {
  'io.modelcontextprotocol/protocolVersion': NEW,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
}
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

/** A desk whose greeting and whose hidden tool mirror a parameter. */
function createServer(ran: unknown[]): McpServer {
  const server = new McpServer({ name: 'desk', version: '1.0.0' })
  const inputSchema = z.object({
    name: z.string().default('world').meta({ 'x-mcp-header': 'Name' }),
    times: z.int().default(1),
  })
  for (const tool of ['greet', 'secret']) {
    server.registerTool(tool, { description: tool, inputSchema }, async (args) => {
      ran.push(args)
      const structuredContent = { greeting: `hello ${args.name}` }
      return { structuredContent, content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }] }
    })
  }
  return server
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('mirrored headers on %s', (framework, mount) => {
  async function open(guarded = true) {
    const desk: Desk = await openDesk()
    const ran: unknown[] = []
    const create = () => (guarded ? desk.lockstep.guardServer(createServer(ran)) : createServer(ran))
    const app = mount(desk.lockstep, create)
    if (guarded) create()
    opened.push(desk.lockstep)
    const ann = await desk.agent()
    const post = async (method: string, params: object, headers: Record<string, string>, agent: TestAgent = ann) => {
      const { accessToken, key } = agent
      const response = await supertest(app)
        .post('/mcp')
        .set({
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          authorization: `DPoP ${accessToken}`,
          dpop: await signProof(key, { method: 'POST', url: RESOURCE, accessToken }),
          'mcp-protocol-version': NEW,
          'mcp-method': method,
          ...headers,
        })
        .send({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } })
      const code = /"code":(-?\d+)/.exec(response.text)?.[1]
      return { status: response.status, code, text: response.text }
    }
    const greet = (args: object, headers: Record<string, string>, name = 'greet') =>
      post('tools/call', { name, arguments: args }, { 'mcp-name': name, ...headers })
    return { desk, app, ran, post, greet }
  }
  const MISMATCH = { status: 400, code: '-32020' }

  test(proves('admission:mirrored:parameters', framework), async () => {
    const { desk, ran, greet } = await open()
    expect(await greet({ name: 'ann' }, { 'mcp-param-name': 'ann' })).toMatchObject({ status: 200, code: undefined })
    expect(await greet({}, {})).toMatchObject({ status: 200, code: undefined })
    ran.splice(0)
    for (const headers of [{}, { 'mcp-param-name': 'bob' }, { 'mcp-param-name': '=?base64?YW5u=?=' }]) {
      expect(await greet({ name: 'ann' }, headers as Record<string, string>)).toMatchObject(MISMATCH)
    }
    expect(ran).toEqual([])
    const refused = desk.audit.events.filter(({ code }) => code === 'gateway.header-mismatch')
    expect(refused.map(({ outcome, tool }) => [outcome, tool])).toEqual(Array(3).fill(['denied', 'greet']))
  })

  test(proves('admission:mirrored:parameters', `a hidden tool on ${framework}`), async () => {
    const { greet } = await open()
    const missing = await greet({ name: 'ann' }, {}, 'nothing')
    expect((await greet({ name: 'ann' }, {}, 'secret')).text).toBe(missing.text)
    expect((await greet({ name: 'ann' }, { 'mcp-param-name': 'bob' }, 'secret')).text).toBe(missing.text)
  })

  test(proves('admission:mirrored:parameters', `a server that nobody guards on ${framework}`), async () => {
    const { greet, post } = await open(false)
    await post('tools/list', {}, {})
    expect(await greet({ name: 'ann', times: 1 }, { 'mcp-param-name': 'bob' })).toMatchObject(MISMATCH)
    expect(await greet({ name: 'ann', times: 1 }, { 'mcp-param-name': 'ann' })).toMatchObject({
      status: 200,
      code: undefined,
    })
  })

  test(proves('admission:mirrored:standard', `missing and wrong on ${framework}`), async () => {
    const { desk, ran, greet, post } = await open()
    for (const headers of [
      { 'mcp-method': 'tools/list' },
      { 'mcp-name': 'wide' },
      { 'mcp-name': '=?base64?Z3JlZXQ?=' },
      { 'mcp-protocol-version': '2025-11-25' },
    ]) {
      expect(await greet({}, headers as Record<string, string>), JSON.stringify(headers)).toMatchObject(MISMATCH)
    }
    expect(await post('tools/call', { name: 'greet', arguments: {} }, {}), 'no name').toMatchObject(MISMATCH)
    expect(ran).toEqual([])
    const refused = desk.audit.events.filter(({ code }) => code === 'gateway.header-mismatch')
    expect(refused).toHaveLength(5)
    expect(await greet({}, { 'mcp-name': '=?base64?Z3JlZXQ=?=' })).toMatchObject({ status: 200, code: undefined })
  })

  test(proves('admission:mirrored:parameters', `the official client on ${framework}`), async () => {
    const desk = await openDesk()
    const ran: unknown[] = []
    const server = await serve(mount(desk.lockstep, () => desk.lockstep.guardServer(createServer(ran))))
    opened.push(desk.lockstep, server)
    desk.reach(server.port)
    const { fetch } = await desk.agent()
    const sent: (string | null)[] = []
    const watched: typeof fetch = (input, init) => {
      sent.push(new Headers(init?.headers).get('mcp-param-name'))
      return fetch(input, init)
    }
    const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch: watched }))
    await client.listTools()
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: '世界' } })
    expect(structuredContent).toEqual({ greeting: 'hello 世界' })
    expect(sent).toContain('=?base64?5LiW55WM?=')
    await client.close()
  })
})
