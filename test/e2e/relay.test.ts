import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { mcpAuth as expressAuth } from '@lockstep/express'
import { mcpAuth as koaAuth, mountRelay } from '@lockstep/koa'
import { type Relay, relayTo } from '@lockstep/mcp'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createMcpHandler } from '@modelcontextprotocol/server'
import express from 'express'
import Koa from 'koa'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { serve } from './serve.ts'

type Mount = (desk: Desk, relay: Relay) => RequestListener
const MOUNTS: Readonly<Record<string, Mount>> = {
  Express: ({ lockstep }, relay) => express().use(expressAuth(lockstep)).all('/mcp', relay),
  Koa: ({ lockstep }, relay) => new Koa().use(koaAuth(lockstep)).use(mountRelay(relay)).callback(),
  'plain Node':
    ({ lockstep }, relay) =>
    (request, response) =>
      void lockstep.http(request, response, () => relay(request, response)),
}

/** What a server that knows nothing of Lockstep was sent. */
interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const CALL = {
  method: 'tools/call',
  params: { name: 'greet', arguments: { name: 'world', times: 1 }, _meta: { 'lockstep/own': 'CANARY' } },
}
const stops: (() => Promise<unknown>)[] = []

async function guarded(desk: Desk, relay: Relay, mount: Mount = MOUNTS.Express as Mount): Promise<void> {
  const server = await serve(mount(desk, relay))
  stops.push(() => server.close())
  desk.reach(server.port)
}

async function upstream(listener: RequestListener): Promise<string> {
  const server = await serve(listener)
  stops.push(() => server.close())
  return `http://127.0.0.1:${server.port}/mcp`
}

/** A server of MCP made anew for every request, and what it was sent. */
async function unguardedDesk(desk: Desk): Promise<{ url: string; seen: Seen[] }> {
  const handle = toNodeHandler(createMcpHandler(desk.createServer))
  const seen: Seen[] = []
  const url = await upstream(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    seen.push({ headers: request.headers, body })
    await handle(request as Parameters<typeof handle>[0], response, body === '' ? undefined : JSON.parse(body))
  })
  return { url, seen }
}

async function post(desk: Desk, message: object, headers: Record<string, string> = {}) {
  const { fetch } = await desk.agent()
  const response = await fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, ...message }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('a relay', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await openDesk()
  })
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
    desk.ran.splice(0)
  })
  afterAll(() => desk.lockstep.close())

  test.each(Object.entries(MOUNTS))(proves('relay:http', '%s'), async (_name, mount) => {
    const { url } = await unguardedDesk(desk)
    await guarded(desk, relayTo(url), mount)
    const { fetch } = await desk.agent()
    for (const generation of ['2.x', '1.x']) {
      const client =
        generation === '2.x'
          ? new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
          : new ClientOf2025({ name: 'helper', version: '1' })
      if (client instanceof Client)
        await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch }))
      else await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch }))
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).not.toContain('secret')
      expect((await client.callTool({ name: 'wide', arguments: {} })).structuredContent).toEqual({ shown: 'yes' })
      await expect(client.callTool({ name: 'greet', arguments: { name: 'x', times: 4 } })).rejects.toThrow(
        /policy does not permit/,
      )
      await client.close()
    }
    expect(desk.ran.map(({ tool }) => tool)).toEqual(['wide', 'wide'])
  })

  test(proves('relay:stripped'), async () => {
    const { url, seen } = await unguardedDesk(desk)
    await guarded(desk, relayTo(url, { headers: async () => ({ authorization: 'Bearer of-the-relay' }) }))
    const { status, text } = await post(desk, CALL, { cookie: 'session=CANARY', 'x-own': 'CANARY' })
    expect({ status, seen: seen.length }).toEqual({ status: 200, seen: 1 })
    expect(text).toContain('hello world')
    const [{ headers, body } = { headers: {}, body: '' }] = seen
    expect(headers.authorization).toBe('Bearer of-the-relay')
    expect(Object.keys(headers).filter((name) => /dpop|txn|cookie|x-own|forwarded/.test(name))).toEqual([])
    expect(body + JSON.stringify(headers)).not.toContain('CANARY')
    expect(JSON.parse(body)).toMatchObject({ method: 'tools/call', params: { name: 'greet' } })
    expect(JSON.parse(body).id).not.toBe(7)
  })

  const FAILURES: Readonly<Record<string, RequestListener>> = {
    redirects: (_request, response) => void response.writeHead(307, { location: '/CANARY' }).end('CANARY'),
    'demands credentials': (_request, response) =>
      void response.writeHead(401, { 'www-authenticate': 'CANARY' }).end('CANARY'),
    fails: (_request, response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('CANARY'),
    'answers no MCP': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('CANARY'),
    'has a head without end': (_request, response) =>
      void response.writeHead(200, { 'x-long': 'CANARY'.repeat(20_000) }).end('{}'),
    'hangs up': (request) => void request.socket.destroy(),
    'breaks off': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"jsonrpc":"2.0","result":{"structuredContent":{"greeting":"CANARY"')
      setTimeout(() => response.destroy(), 20)
    },
    'breaks off in a stream': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"jsonrpc":"2.0","result":{"structuredContent":{"greeting":"CANARY"}}')
      setTimeout(() => response.destroy(), 20)
    },
  }
  test.each(Object.entries(FAILURES))(proves('relay:failed', 'one that %s'), async (_name, listener) => {
    let requests = 0
    await guarded(
      desk,
      relayTo(
        await upstream((request, response) => {
          requests += 1
          listener(request, response)
        }),
      ),
    )
    const before = desk.audit.events.length
    const { status, text, headers } = await post(desk, CALL)
    expect(text).toContain('execution.upstream-failed')
    expect({ status: status === 200 ? headers.get('content-type') : status, requests }).toEqual({
      status: _name.includes('stream') ? 'text/event-stream' : 502,
      requests: 1,
    })
    expect(text + JSON.stringify([...headers])).not.toContain('CANARY')
    const last = desk.audit.events.slice(before).filter(({ step }) => step === 'response')
    expect(last).toMatchObject([{ outcome: 'failed', code: 'execution.upstream-failed' }])
  })

  test(proves('relay:failed', 'one that is away, and one that is late'), async () => {
    await guarded(desk, relayTo('http://127.0.0.1:9/mcp'))
    expect((await post(desk, CALL)).text).toContain('execution.upstream-failed')
    let ended = 0
    const silent = await upstream((request) => {
      request.socket.on('close', () => {
        ended += 1
      })
    })
    const hasty = await openDesk({ limits: { callMs: 300 } })
    stops.push(() => hasty.lockstep.close())
    await guarded(hasty, relayTo(silent))
    const late = await post(hasty, CALL)
    expect(late.text).toContain('invocation.timed-out')
    await vi.waitFor(() => expect(ended).toBe(1), PATIENT)
  })

  test(proves('relay:unguarded'), async () => {
    const { url, seen } = await unguardedDesk(desk)
    const relay = relayTo(url)
    const server = await serve((request, response) => void relay(request, response))
    stops.push(() => server.close())
    const open = await fetch(`http://127.0.0.1:${server.port}/mcp`, { method: 'POST', body: JSON.stringify(CALL) })
    expect({ status: open.status, seen }).toEqual({ status: 500, seen: [] })
    let again: unknown
    await guarded(desk, relay, ({ lockstep }) => (request, response) => {
      void lockstep.http(request, response, async () => {
        const first = relay(request, response)
        again = await relay(request, response).catch((error: unknown) => error)
        await first
      })
    })
    expect((await post(desk, CALL)).text).toContain('hello world')
    expect(again).toMatchObject({ code: 'invocation.call-closed' })
    expect(desk.ran).toHaveLength(1)
    expect(() => relayTo('file:///etc/passwd')).toThrow(TypeError)
    expect(() => relayTo('http://user:secret@127.0.0.1/')).toThrow(TypeError)
  })

  test(proves('relay:sessions'), async () => {
    const named: unknown[] = []
    const url = await upstream((request, response) => {
      named.push(request.headers['mcp-session-id'])
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'of-ann' })
      response.end('{}')
    })
    await guarded(desk, relayTo(url))
    const hello = { method: 'initialize', params: {} }
    const { headers } = await post(desk, hello)
    expect(headers.get('mcp-session-id')).toBe('of-ann')
    await post(desk, CALL, { 'mcp-session-id': 'of-ann' })
    expect(named).toEqual([undefined, 'of-ann'])
    expect((await post(desk, CALL, { 'mcp-session-id': 'of-nobody' })).status).toBe(404)
    const { fetch } = await desk.agent({ subject: 'user:bob' })
    const stolen = await fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'mcp-session-id': 'of-ann' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    })
    expect({ status: stolen.status, named: named.length }).toEqual({ status: 404, named: 2 })
  })
})
