import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryAudit } from '@lockstep/audit'
import { McpServer, Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk } from '../fixtures/desk/desk.ts'
import { codeOf, greet, LINE_LIMITS, openLineDesk, until } from '../fixtures/stdio/line-desk.ts'
import { openLine } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'

const { desk, sign, launched, serving, scripted, settled } = await openLineDesk()
afterAll(() => desk.lockstep.close())
beforeEach(() => void desk.ran.splice(0))

describe('what a server writes', () => {
  test(proves('stdio:released'), async () => {
    const { line, reached, send } = await scripted(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    line.send({ jsonrpc: '2.0', id: 2, method: 'ping' })
    await until(() => reached.length === 2)
    const [call, ping] = [
      reached.find(({ method }) => method === 'tools/call'),
      reached.find(({ method }) => method === 'ping'),
    ]
    const secret = {
      structuredContent: { greeting: 'hello', shown: 'CANARY' },
      content: [{ type: 'text', text: 'CANARY' }],
    }
    // Answers that nobody asked for, requests and notifications of its own, about a request or about none.
    await send({ jsonrpc: '2.0', id: 'unknown', result: secret })
    await send({ jsonrpc: '2.0', id: 1, result: secret })
    await send({ jsonrpc: '2.0', id: null, result: secret })
    await send({ jsonrpc: '2.0', result: secret })
    for (const options of [undefined, { relatedRequestId: call?.id }, { relatedRequestId: 'unknown' }]) {
      await send({ jsonrpc: '2.0', id: 0, method: 'sampling/createMessage', params: { text: 'CANARY' } }, options)
      await send({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'CANARY' } }, options)
    }
    await send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: { text: 'CANARY' } } })
    // The answer to the call as if it were that to the ping, and an answer that is written otherwise than it looks.
    await send({ jsonrpc: '2.0', id: ping?.id, error: { code: -32603, message: 'CANARY', data: 'CANARY' } })
    const twofold = { greeting: 'hello', toJSON: () => ({ greeting: 'hello', hidden: 'CANARY' }) }
    await send({ jsonrpc: '2.0', id: call?.id, result: { structuredContent: twofold, content: [] }, extra: 'CANARY' })
    await send({ jsonrpc: '2.0', id: call?.id, result: secret })
    expect(line.left).toEqual([
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
      {
        jsonrpc: '2.0',
        id: 2,
        error: expect.objectContaining({
          code: -32603,
          data: expect.objectContaining({ code: 'invocation.handler-failed' }),
        }),
      },
      { jsonrpc: '2.0', id: 1, result: expect.objectContaining({ structuredContent: { greeting: 'hello' } }) },
    ])
    expect(line.text()).not.toContain('CANARY')
  })

  const LARGE = { greeting: 'x'.repeat(17_000_000) }
  const ONCE = { 'lockstep/idempotency-key': 'once' }
  const cycle: { self?: object } = {}
  cycle.self = cycle
  test.each([
    ['a cycle', cycle, {}, 'invocation.handler-failed'],
    ['more than is kept for a retry', LARGE, ONCE, 'execution.answer-too-large'],
  ])(proves('stdio:released', 'an answer with %s'), async (_, structuredContent, beside, code) => {
    const { line, reached, send } = await scripted(await launched())
    const { params, ...call } = greet(1)
    line.send({ jsonrpc: '2.0', ...call, params: { ...params, _meta: beside } })
    await until(() => reached.length === 1)
    await send({ jsonrpc: '2.0', id: reached[0]?.id, result: { structuredContent, content: [] } })
    expect(await codeOf(line, 1)).toBe(code)
    expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
  })

  test(proves('stdio:deadline'), async () => {
    const hasty = await openLineDesk({ ...LINE_LIMITS, callMs: 300 })
    const { line, reached, send } = await hasty.scripted(await hasty.launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    expect(await codeOf(line, 1)).toBe('invocation.timed-out')
    await send({
      jsonrpc: '2.0',
      id: reached[0]?.id,
      result: { structuredContent: { greeting: 'CANARY' }, content: [] },
    })
    expect(line.text()).not.toContain('CANARY')
    expect(line.left).toHaveLength(1)
    await hasty.desk.lockstep.close()
  })
})

describe('many messages', () => {
  test(proves('stdio:responses'), async () => {
    const { line, reached } = await scripted(await launched())
    line.send({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } })
    line.send({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'no' } })
    line.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } })
    line.send({ jsonrpc: '2.0', id: 2, method: 'ping' })
    await until(() => reached.length > 0)
    expect(reached.map(({ method }) => method)).toEqual(['ping'])
    expect(line.left).toEqual([])
  })

  test(proves('stdio:same-id'), async () => {
    const { line, reached, send } = await scripted(await launched())
    for (const name of ['one', 'two']) line.send({ jsonrpc: '2.0', ...greet(7, name) })
    await until(() => reached.length === 2)
    expect(new Set(reached.map(({ id }) => id)).size, 'ids of ours').toBe(2)
    for (const { id, params } of reached) {
      const { name } = (params as { arguments: { name: string } }).arguments
      await send({ jsonrpc: '2.0', id, result: { structuredContent: { greeting: name }, content: [] } })
    }
    expect(line.left.map(({ id, result }) => [id, result?.structuredContent?.greeting])).toEqual([
      [7, 'one'],
      [7, 'two'],
    ])
  })

  test(proves('stdio:canceled'), async () => {
    const { line, reached } = await scripted(await launched())
    // In one chunk: it is canceled while it is being decided.
    const request = JSON.stringify({ jsonrpc: '2.0', ...greet(1) })
    const cancel = JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'no' },
    })
    line.raw(`${request}\n${cancel}\n`)
    await until(() => reached.length === 2)
    expect(reached.map(({ method }) => method)).toEqual(['tools/call', 'notifications/cancelled'])
    expect(reached[1]?.params).toEqual({ requestId: reached[0]?.id })
  })

  test(proves('stdio:flood'), async () => {
    const { line, reached } = await scripted()
    const notification = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' })}\n`
    line.raw(notification.repeat(3_000))
    line.send(await sign({ id: 1, method: 'ping' }))
    await until(() => reached.length === 1)
    expect(reached.map(({ method }) => method)).toEqual(['ping'])
    expect(line.left, 'nobody waits for an answer').toEqual([])
  })

  test(proves('stdio:flood', 'of calls, whose answers nobody reads'), async () => {
    const line = openLine(desk.lockstep, await launched(), false)
    line.transport.onmessage = () => undefined
    await line.transport.start()
    const refused = `${JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(3_000), method: 'tools/call', params: {} })}\n`
    let written = 0
    const pour = () => {
      while (written < 4_000 && line.input.write(refused)) written += 1
    }
    line.input.on('drain', pour)
    pour()
    // Whoever reads on would have read it all by the time that nothing was read any more for a while.
    for (let before = -1; written < 4_000 && before !== written; ) {
      before = written
      await pause(500)
    }
    expect(written, 'reading stopped').toBeLessThan(2_000)
    await line.transport.close()
  })

  test.each(['guardServer', 'guardTool'] as const)(proves('stdio:queued', '%s'), async (how) => {
    const line = openLine(desk.lockstep, await launched())
    const create = () =>
      how === 'guardServer' ? desk.lockstep.guardServer(desk.createServer()) : createLowLevel(desk.lockstep)
    serveStdio(create, { transport: line.transport })
    const envelope = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'helper', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    const call = (id: number, name: string, args: object) =>
      JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: envelope } })
    line.raw(`${call(1, 'greet', { name: 'a' })}\n${call(2, 'wide', {})}\n${call(3, 'greet', { name: 'c' })}\n`)
    const answers = await Promise.all([1, 2, 3].map((id) => line.answer(id)))
    expect(answers.map(({ result }) => result?.structuredContent)).toEqual([
      { greeting: 'hello a' },
      { shown: 'yes' },
      { greeting: 'hello c' },
    ])
  })
})

/** A server whose handlers are guarded one by one. */
function createLowLevel(lockstep: Desk['lockstep']): Server {
  const server = new Server({ name: 'low', version: '1' }, { capabilities: { tools: {} } })
  const answer = (structuredContent: Record<string, unknown>) => ({ structuredContent, content: [] })
  const tools: Record<string, (args: { name?: string }, context: unknown) => unknown> = {
    greet: lockstep.guardTool('greet', ({ name }: { name?: string }, _context: unknown) =>
      answer({ greeting: `hello ${name}` }),
    ),
    wide: lockstep.guardTool('wide', (_args: object, _context: unknown) => answer({ shown: 'yes' })),
  }
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    return tools[params.name]?.(params.arguments ?? {}, context) as ReturnType<typeof answer>
  })
  return server
}

describe('a client that goes away', () => {
  test(proves('stdio:closed'), async () => {
    const { line, reached, send } = await scripted(await launched())
    let closed = false
    line.transport.onclose = () => {
      closed = true
    }
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    line.input.end()
    await until(() => line.input.readableEnded)
    expect(closed, 'a call is waited for').toBe(false)
    await send({
      jsonrpc: '2.0',
      id: reached[0]?.id,
      result: { structuredContent: { greeting: 'hello' }, content: [] },
    })
    expect((await line.answer(1)).result?.structuredContent).toEqual({ greeting: 'hello' })
    await until(() => closed)
    expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'completed' })
  })

  test(proves('stdio:closed', 'and its server too'), async () => {
    const { line, reached } = await scripted(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    await line.transport.close()
    expect(desk.audit.events.at(-1)).toMatchObject({
      step: 'response',
      outcome: 'failed',
      code: 'execution.result-unbound',
    })
    await line.transport.send({ jsonrpc: '2.0', id: reached[0]?.id, result: {} })
    expect(line.left).toEqual([])
  })

  test(proves('stdio:closed', 'and nobody reads the answer'), async () => {
    const { line, reached, send } = await scripted(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    line.output.destroy()
    await send({
      jsonrpc: '2.0',
      id: reached[0]?.id,
      result: { structuredContent: { greeting: 'hello' }, content: [] },
    })
    expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'completed' })
  })
})

test(proves('stdio:unguarded'), async () => {
  const line = openLine(desk.lockstep, await launched())
  const server = new McpServer({ name: 'raw', version: '1' })
  const ran: string[] = []
  server.registerTool(
    'greet',
    {},
    desk.lockstep.guardTool('vault', async () => {
      ran.push('vault')
      return { content: [] }
    }),
  )
  await server.connect(line.transport)
  line.send({ jsonrpc: '2.0', ...greet(1) })
  expect((await line.answer(1)).result?.isError ?? (await line.answer(1)).error).toBeTruthy()
  expect(ran).toEqual([])
  await settled(await serving())
})

test(proves('stdio:observed'), async () => {
  const observed = await openDesk({ mode: 'observe', audit: createMemoryAudit() })
  const line = openLine(observed.lockstep)
  await observed.lockstep.guardServer(observed.createServer()).connect(line.transport)
  line.send({ jsonrpc: '2.0', ...greet(1) })
  expect((await line.answer(1)).result?.structuredContent).toEqual({ greeting: 'hello line' })
  await observed.lockstep.close()
})

test(proves('stdio:observed', 'and is told when nothing can be recorded'), async () => {
  const append = () => Promise.reject(new Error('the log is full'))
  const observed = await openDesk({ mode: 'observe', audit: { ...createMemoryAudit(), append } })
  const line = openLine(observed.lockstep)
  await observed.lockstep.guardServer(observed.createServer()).connect(line.transport)
  line.send({ jsonrpc: '2.0', ...greet(1) })
  expect(await codeOf(line, 1)).toBe('audit.unavailable')
  expect(observed.ran).toEqual([])
  await observed.lockstep.close()
})
