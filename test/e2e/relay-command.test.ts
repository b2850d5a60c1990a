import { existsSync, fstatSync, statSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mcpAuth } from '@lockstep/express'
import { type CommandRelay, relayToCommand, type StdioTransport } from '@lockstep/mcp'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport as StreamsOf2025 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import express from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { type Line, openLine, proofFor } from '../fixtures/stdio/open-line.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { serve } from './serve.ts'

const at = (name: string) => fileURLToPath(new URL(`../fixtures/stdio/${name}.mjs`, import.meta.url))
const RAW = [at('raw-server')]
const stops: (() => Promise<unknown>)[] = []
let desk: Desk
beforeAll(async () => {
  desk = await openDesk({ limits: { callMs: 60_000 } })
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
afterAll(() => desk.lockstep.close())

/** Serves a relay over HTTP. */
async function serving(relay: CommandRelay, at = desk): Promise<CommandRelay> {
  const server = await serve(express().use(mcpAuth(at.lockstep)).all('/mcp', relay))
  stops.push(() => relay.close(), server.close)
  at.reach(server.port)
  return relay
}

/** What the environment of a process is, whose client knows nothing of Lockstep. */
async function launched(at = desk) {
  const agent = await at.agent()
  return { LOCKSTEP_ACCESS_TOKEN: agent.accessToken, LOCKSTEP_DPOP_PROOF: await proofFor(agent, RESOURCE) }
}

async function use(client: Client | ClientOf2025): Promise<void> {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['greet', 'wide', 'vault'])
  const given = { name: 'line', times: 1 }
  expect((await client.callTool({ name: 'greet', arguments: given })).structuredContent).toEqual({
    greeting: 'hello line',
  })
  const { structuredContent, content } = await client.callTool({ name: 'wide', arguments: {} })
  const { shown, ...more } = structuredContent as { shown: { note: string }[] }
  expect({ rows: shown.length, more }).toEqual({ rows: 8_000, more: {} })
  expect(shown[7_999]).toEqual({ n: 7_999, note: 'note 7999 '.repeat(10) })
  expect(JSON.parse((content as { text: string }[])[0]?.text ?? '')).toEqual(structuredContent)
  await expect(client.callTool({ name: 'greet', arguments: { name: 'x', times: 4 } })).rejects.toThrow(
    /policy does not permit/,
  )
  await expect(client.callTool({ name: 'secret', arguments: {} })).rejects.toThrow(/no such tool/)
  await client.close()
}

describe.each(['1.x', '2.x'])('a command of the SDK %s', (generation) => {
  const relay = () => relayToCommand(process.execPath, [at('sdk-server'), generation])

  test(proves('relay:command:clients', 'over HTTP'), async () => {
    await serving(relay())
    const { fetch } = await desk.agent()
    const older = new ClientOf2025({ name: 'helper', version: '1' })
    await older.connect(new TransportOf2025(new URL(RESOURCE), { fetch }))
    await use(older)
    const newer = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await newer.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch }))
    await use(newer)
  })

  test(proves('relay:command:clients', 'over stdio'), async () => {
    const behind = relay()
    stops.push(() => behind.close())
    const connect = async () => {
      const line = openLine(desk.lockstep, await launched(), false)
      await behind.connect(line.transport)
      return line
    }
    const first = await connect()
    const older = new ClientOf2025({ name: 'helper', version: '1' })
    await older.connect(new StreamsOf2025(first.output, first.input))
    await use(older)
    const second = await connect()
    const newer = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await newer.connect(new StdioServerTransport(second.output, second.input))
    await use(newer)
  })
})

/** A call that makes the server do something. */
const doing = (how: string, beside: object = {}) => ({
  method: 'tools/call',
  params: { name: 'greet', arguments: { how, name: 'x', times: 1 }, ...beside },
})
const raw = (options = {}) => relayToCommand(process.execPath, RAW, options)

async function post(message: object, headers: Record<string, string> = {}, subject = 'user:ann', on = desk) {
  const { fetch } = await on.agent({ subject })
  const response = await fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, ...message }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const greetingOf = (text: string): string => JSON.parse(text).result.structuredContent.greeting
/** What the server tells of itself. */
interface Told {
  readonly came: string[]
  readonly environment: Record<string, string>
  readonly folder: string
  /** The file that its standard error goes to. */
  readonly errors: number
  readonly process: number
}
const told = (text: string): Told => JSON.parse(greetingOf(text))

async function line(relay: CommandRelay): Promise<Line> {
  stops.push(() => relay.close())
  const opened = openLine(desk.lockstep, await launched())
  await relay.connect(opened.transport)
  return opened
}
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const ended = (pid: number) => vi.waitFor(() => expect(isRunning(pid)).toBe(false), PATIENT)

describe('a command', () => {
  test(proves('relay:command:stripped'), async () => {
    const cwd = await realpath(tmpdir())
    await serving(raw({ env: { OWN: 'of the server' }, cwd }))
    const secrets = { 'lockstep/own': 'CANARY', 'lockstep/txn-token': 'CANARY' }
    const { text } = await post(doing('echo', { _meta: secrets }), { cookie: 'CANARY' })
    const overHttp = told(text)
    const credentials = await launched()
    process.env.LOCKSTEP_ACCESS_TOKEN = credentials.LOCKSTEP_ACCESS_TOKEN
    const own = await line(raw({ env: { OWN: 'of the server' } })).finally(() => {
      delete process.env.LOCKSTEP_ACCESS_TOKEN
    })
    own.send({ jsonrpc: '2.0', id: 7, ...doing('echo', { _meta: { 'lockstep/own': 'CANARY' } }) })
    const onLine = told(JSON.stringify(await own.answer(7)))
    expect([overHttp.folder, onLine.folder]).toEqual([cwd, process.cwd()])
    for (const { came, environment } of [overHttp, onLine]) {
      expect(JSON.stringify({ came, environment })).not.toMatch(/CANARY|eyJ|LOCKSTEP/)
      expect(environment).toMatchObject({ OWN: 'of the server', PATH: process.env.PATH })
      expect(came.map((text) => JSON.parse(text))).toMatchObject([{ method: 'tools/call', params: { name: 'greet' } }])
      expect(JSON.parse(came[0] ?? '').id).not.toBe(7)
    }
  })

  test(proves('relay:command:errors'), async () => {
    const goesTo = async (relay: CommandRelay) => {
      await serving(relay)
      return told((await post(doing('echo'))).text).errors
    }
    const dropped = statSync('/dev/null').ino
    expect(fstatSync(2).ino).not.toBe(dropped)
    expect([await goesTo(raw()), await goesTo(raw({ stderr: 'inherit' }))]).toEqual([dropped, fstatSync(2).ino])
  })

  const FAILS = ['exit', 'crash', 'write what is no JSON', 'write a member twice', 'write no UTF-8', 'write no message']
  const ENDS = [
    ...FAILS,
    'write half a line and end',
    'write what is no message without end',
    'write lines that are no messages without end',
  ]
  test(proves('relay:command:failed', 'over HTTP'), async () => {
    await serving(raw())
    for (const how of ENDS) {
      const before = desk.audit.events.length
      const { status, text } = await post(doing(how))
      expect({ how, status, text }).toMatchObject({ status: 502, text: expect.stringContaining('upstream-failed') })
      expect(text).not.toContain('CANARY')
      const outcomes = desk.audit.events.slice(before).filter(({ step }) => step === 'response')
      expect(outcomes).toMatchObject([{ outcome: 'failed', code: 'execution.upstream-failed' }])
    }
    // Whoever calls then gets another process.
    expect((await post(doing('echo'))).status).toBe(200)
  })

  test.each(ENDS)(proves('relay:command:failed', 'on a line, one that can %s'), async (how) => {
    const own = await line(raw())
    let isClosed = false
    own.transport.onclose = ((close) => () => {
      isClosed = true
      close?.()
    })(own.transport.onclose)
    own.send({ jsonrpc: '2.0', id: 7, ...doing(how) })
    expect((await own.answer(7)).error?.data?.code).toBe('execution.upstream-failed')
    await vi.waitFor(() => expect(isClosed).toBe(true), PATIENT)
    expect(own.text()).not.toContain('CANARY')
  })

  test(proves('relay:command:failed', 'one that cannot be started'), async () => {
    await serving(relayToCommand('/no/such/command'))
    expect((await post(doing('echo'))).text).toContain('execution.upstream-failed')
    expect(() => relayToCommand('')).toThrow(TypeError)
    expect(() => relayToCommand('node', [], { shell: true } as object)).toThrow(TypeError)
  })

  test(proves('relay:command:released'), async () => {
    await serving(raw())
    expect(greetingOf((await post(doing('write of itself'))).text)).toBe('hello')
    expect(greetingOf((await post(doing('answer another'))).text)).toBe('hello')
    expect(JSON.parse(greetingOf((await post(doing('ask'))).text))).toEqual({
      code: 'execution.message-unbound',
      pinged: {},
    })
    const { text } = await post(doing('report', { _meta: { progressToken: 3 } }))
    const events = text.split('\n\n').flatMap((event) => (event === '' ? [] : [JSON.parse(event.slice(6))]))
    expect(events).toEqual([
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 3, progress: 1, total: 2 } },
      { jsonrpc: '2.0', id: 7, result: expect.objectContaining({ structuredContent: { greeting: 'hello' } }) },
    ])
    const own = await line(raw())
    own.send({ jsonrpc: '2.0', id: 7, ...doing('report', { _meta: { progressToken: 3 } }) })
    await own.answer(7)
    own.send({ jsonrpc: '2.0', id: 8, ...doing('answer another') })
    await own.answer(8)
    expect(own.left.map(({ id, method }) => id ?? method)).toEqual(['notifications/progress', 7, 8])
    expect(text + own.text()).not.toContain('CANARY')
  })

  test(proves('relay:command:late'), async () => {
    const hasty = await openDesk({ limits: { callMs: 1_000 } })
    await serving(raw(), hasty)
    // One that has not started yet is late too.
    const pid = await vi.waitFor(async () => {
      const { text } = await post(doing('echo'), {}, 'user:ann', hasty)
      return told(text).process
    }, PATIENT)
    expect((await post(doing('wait'), {}, 'user:ann', hasty)).text).toContain('invocation.timed-out')
    const after = await vi.waitFor(async () => told((await post(doing('echo'), {}, 'user:ann', hasty)).text), PATIENT)
    expect(after.process).toBe(pid)
    const came = after.came.map((text) => JSON.parse(text))
    const { id } = came.find(({ params }) => params.arguments?.how === 'wait')
    expect(came).toContainEqual({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
    await hasty.lockstep.close()
  })

  test(proves('relay:command:sessions'), async () => {
    const relay = await serving(raw({ processes: 3 }))
    const initialize = { method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } }
    const { headers } = await post(initialize)
    const session = { 'mcp-session-id': headers.get('mcp-session-id') ?? '' }
    const first = told((await post(doing('echo'), session)).text)
    expect(first.came.map((text) => JSON.parse(text).method)).toEqual(['initialize', 'tools/call'])
    const second = told((await post(doing('echo'))).text)
    expect(second.process).not.toBe(first.process)
    const ping = { method: 'ping' }
    expect((await post(ping, session, 'user:bob')).status).toBe(404)
    expect((await post(ping, { 'mcp-session-id': 'unknown' })).status).toBe(404)
    expect(told((await post(doing('echo'), session)).text).came, 'nothing of it came').toHaveLength(3)
    expect((await post(ping, {}, 'user:bob')).status).toBe(200)
    expect((await post(initialize)).text).toContain('gateway.rate-limited')
    const { fetch } = await desk.agent()
    expect((await fetch(RESOURCE, { headers: session })).status).toBe(405)
    const stolen = await (await desk.agent({ subject: 'user:bob' })).fetch(RESOURCE, {
      method: 'DELETE',
      headers: session,
    })
    expect({ status: stolen.status, isRunning: isRunning(first.process) }).toEqual({ status: 204, isRunning: true })
    expect((await fetch(RESOURCE, { method: 'DELETE', headers: session })).status).toBe(204)
    await ended(first.process)
    expect((await post(ping, session)).status).toBe(404)
    await relay.close()
    await ended(second.process)
  })

  test(proves('relay:command:ended'), async () => {
    const own = await line(raw())
    own.send({ jsonrpc: '2.0', id: 1, ...doing('spawn') })
    own.send({ jsonrpc: '2.0', id: 2, ...doing('echo') })
    const started = Number((await own.answer(1)).result?.structuredContent?.greeting)
    const { process: pid } = told(JSON.stringify(await own.answer(2)))
    expect([pid, started].map(isRunning)).toEqual([true, true])
    own.input.end()
    await ended(pid)
    await ended(started)
    const exiting = await line(raw())
    exiting.send({ jsonrpc: '2.0', id: 1, ...doing('spawn') })
    const left = Number((await exiting.answer(1)).result?.structuredContent?.greeting)
    exiting.send({ jsonrpc: '2.0', id: 2, ...doing('exit') })
    await ended(left)
    await serving(raw({ idleMs: 10 }))
    await ended(told((await post(doing('echo'))).text).process)
  })

  test(proves('relay:command:unguarded'), async () => {
    const relay = await serving(raw())
    const server = await serve((request, response) => void relay(request, response))
    stops.push(server.close)
    const url = `http://127.0.0.1:${server.port}/mcp`
    expect((await fetch(url, { method: 'POST', body: JSON.stringify(doing('exit')) })).status).toBe(500)
    // A transport that guards nothing. A process acts on all that came before its input ended.
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-unguarded-'))
    const mark = join(folder, 'marked')
    const open: StdioTransport = {
      start: async () => undefined,
      send: async () => undefined,
      close: async () => undefined,
    }
    const marking = raw({ env: { MARK: mark } })
    await marking.connect(open)
    open.onmessage?.({ jsonrpc: '2.0', id: 'x', ...doing('mark') })
    await marking.close()
    expect(existsSync(mark)).toBe(false)
    const own = openLine(desk.lockstep, await launched())
    const guarded = raw({ env: { MARK: mark } })
    await guarded.connect(own.transport)
    own.send({ jsonrpc: '2.0', id: 1, ...doing('mark') })
    await own.answer(1)
    await guarded.close()
    expect(existsSync(mark), 'what was let through').toBe(true)
    await rm(folder, { recursive: true })
  })
})
