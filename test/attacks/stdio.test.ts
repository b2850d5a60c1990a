import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryAudit } from '@lockstep/audit'
import type { JsonObject } from '@lockstep/core'
import { createProofKey, signProof } from '@lockstep/tokens'
import { McpServer, Server } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { type Line, openLine, proofFor, signed } from '../fixtures/stdio/open-line.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const CALL_MS = 400
const until = (there: () => boolean) => vi.waitUntil(there, PATIENT)
const LIMITS = { bodyBytes: 4096, headerBytes: 4096, callMs: CALL_MS }

let desk: Desk
let agent: Awaited<ReturnType<Desk['agent']>>
let ahead = 0
const clock = () => Date.now() + ahead
beforeAll(async () => {
  desk = await openDesk({ limits: LIMITS, clock })
  agent = await desk.agent()
  desk.lockstep.guardServer(desk.createServer())
})
afterAll(() => desk.lockstep.close())
beforeEach(() => void desk.ran.splice(0))

/** A line to a server of the SDK. */
async function serving(environment = {}): Promise<Line> {
  const line = openLine(desk.lockstep, environment)
  await desk.lockstep.guardServer(desk.createServer()).connect(line.transport)
  return line
}

/** A line to a server that writes what a test says, and what reached it. */
async function scripted(environment = {}) {
  const line = openLine(desk.lockstep, environment)
  const reached: (JsonObject & { id?: string; method?: string })[] = []
  line.transport.onmessage = (message) => void reached.push(message as JsonObject)
  await line.transport.start()
  const send = (message: object, options?: object) => line.transport.send(message, options)
  return { line, reached, send }
}
const launched = async () => ({
  LOCKSTEP_ACCESS_TOKEN: agent.accessToken,
  LOCKSTEP_DPOP_PROOF: await proofFor(agent, RESOURCE, clock),
})
const sign = (message: JsonObject, beside?: JsonObject) => signed(agent, RESOURCE, message, beside, clock)
const greet = (id: string | number, name = 'line') => ({
  id,
  method: 'tools/call',
  params: { name: 'greet', arguments: { name } },
})
const codeOf = async (line: Line, id: string | number | null) => (await line.answer(id)).error?.data?.code
/** Everything that was sent before this was dealt with. */
const settled = async (line: Line) => {
  const id = `after ${Math.random()}`
  line.send(await sign({ id, method: 'tools/call', params: { name: 'secret', arguments: {} } }))
  await line.answer(id)
}

describe('a line', () => {
  test.each([
    ['no JSON', 'hello', 'gateway.body-malformed'],
    ['no object', '7', 'gateway.body-malformed'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'gateway.body-malformed'],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 'gateway.body-malformed'],
    ['an id that is none', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 'gateway.body-malformed'],
    ['a call that asks for no answer', '{"jsonrpc":"2.0","method":"tools/call","params":{}}', 'gateway.body-malformed'],
    [
      'a member twice',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
      'gateway.body-duplicate-member',
    ],
    [
      'a member twice, written otherwise',
      '{"jsonrpc":"2.0","id":1,"method":"ping","\\u006dethod":"x"}',
      'gateway.body-duplicate-member',
    ],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      'gateway.body-malformed',
    ],
    [
      'a depth',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(80)}1${'}'.repeat(80)}}`,
      'gateway.body-too-deep',
    ],
    [
      'a length',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(9_000)}"}}`,
      'gateway.body-too-large',
    ],
    [
      'an authorization of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":"DPoP x"}}}',
      'gateway.credentials-malformed',
    ],
    [
      'an authorization with more',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":{"accessToken":"x","proof":"y","trust":true}}}}',
      'gateway.credentials-malformed',
    ],
    [
      'a proof of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/authorization":{"accessToken":"x","proof":["y"]}}}}',
      'gateway.credentials-malformed',
    ],
    [
      'a key of another form',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"lockstep/idempotency-key":7}}}',
      'gateway.credentials-malformed',
    ],
  ])(proves('stdio:line:strict', '%s'), async (_, bytes, code) => {
    const { line, reached } = await scripted()
    const before = desk.audit.events.length
    line.raw(bytes)
    line.raw('\n')
    const id = code === 'gateway.credentials-malformed' ? 1 : null
    expect(await codeOf(line, id)).toBe(code)
    expect(reached).toEqual([])
    expect(desk.audit.events.slice(before)).toMatchObject([{ step: 'gateway', outcome: 'denied', code }])
    // The line goes on.
    line.send(await sign({ id: 'next', method: 'ping' }))
    await until(() => reached.length === 1)
    expect(reached[0]).toEqual({ jsonrpc: '2.0', id: expect.any(String), method: 'ping', params: {} })
  })

  test(proves('stdio:line:strict', 'without an end'), async () => {
    const { line, reached } = await scripted()
    line.raw(JSON.stringify(await sign({ id: 1, method: 'ping' })))
    line.input.end()
    await new Promise((resolve) => {
      line.transport.onclose = () => resolve(undefined)
    })
    expect(reached).toEqual([])
    expect(line.left).toEqual([])
  })

  test(proves('stdio:line:bounded'), async () => {
    const { line, reached } = await scripted()
    const before = process.memoryUsage().arrayBuffers
    // A hundred megabytes without an end, and as much as a body may measure after it.
    const chunk = Buffer.alloc(1_048_576, 0x61)
    for (let sent = 0; sent < 100; sent += 1) {
      if (!line.input.write(chunk)) await new Promise((resolve) => line.input.once('drain', resolve))
    }
    expect(await codeOf(line, null), 'as soon as it is known').toBe('gateway.body-too-large')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
    line.raw('\n')
    line.send(await sign({ id: 'next', method: 'ping' }))
    await until(() => reached.length === 1)
    expect(line.left, 'told once').toHaveLength(1)
  })
})

describe('who sends it', () => {
  test(proves('stdio:credentials'), async () => {
    const line = await serving()
    const other = await createProofKey()
    const refused = async (id: number, message: object, code: string) => {
      line.send(message)
      expect(await codeOf(line, id), String(id)).toBe(code)
    }
    const withAuthorization = (id: number, authorization: JsonObject) => ({
      jsonrpc: '2.0',
      ...greet(id),
      params: { ...greet(id).params, _meta: { 'lockstep/authorization': authorization } },
    })
    const { accessToken } = agent
    const proof = (changes: object) =>
      signProof(agent.key, { method: 'POST', url: new URL(RESOURCE), accessToken, clock, ...changes })
    await refused(1, { jsonrpc: '2.0', ...greet(1) }, 'gateway.credentials-missing')
    await refused(2, withAuthorization(2, { accessToken }), 'gateway.token-scheme')
    await refused(3, withAuthorization(3, { accessToken, proof: '' }), 'gateway.proof-invalid')
    const foreign = await signProof(other, { method: 'POST', url: new URL(RESOURCE), accessToken, clock })
    await refused(4, withAuthorization(4, { accessToken, proof: foreign }), 'gateway.proof-key')
    await refused(
      5,
      withAuthorization(5, { accessToken, proof: await proof({ method: 'GET' }) }),
      'gateway.proof-invalid',
    )
    const elsewhere = await proof({ url: new URL('https://other.example/mcp') })
    await refused(6, withAuthorization(6, { accessToken, proof: elsewhere }), 'gateway.proof-invalid')
    const stale = await proof({ clock: () => clock() - 600_000 })
    await refused(7, withAuthorization(7, { accessToken, proof: stale }), 'gateway.proof-invalid')
    await refused(8, withAuthorization(8, { accessToken: 'CANARY', proof: await proof({}) }), 'gateway.token-invalid')
    expect(desk.ran).toEqual([])

    const once = await sign(greet(9))
    line.send(once)
    expect((await line.answer(9)).result?.structuredContent).toEqual({ greeting: 'hello line' })
    await refused(10, { ...once, id: 10 }, 'gateway.proof-replayed')
    expect(desk.ran).toHaveLength(1)
  })

  test(proves('stdio:credentials', 'a proof that was used over HTTP, and a refusal uses none up'), async () => {
    const line = await serving()
    const proof = await proofFor(agent, RESOURCE, clock)
    const meta = { 'lockstep/authorization': { accessToken: agent.accessToken, proof } }
    line.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { _meta: { ...meta, 'lockstep/idempotency-key': '' } },
    })
    expect(await codeOf(line, 1)).toBe('invocation.idempotency-key-invalid')
    line.send({ jsonrpc: '2.0', ...greet(2), params: { ...greet(2).params, _meta: meta } })
    expect((await line.answer(2)).result).toBeDefined()
  })

  test(proves('stdio:credentials:hidden'), async () => {
    const environment: Record<string, string> = await launched()
    const { LOCKSTEP_DPOP_PROOF: launchProof = '' } = environment
    const own = await scripted()
    const message = await sign(greet(1), {
      'lockstep/txn-token': 'CANARY.txn',
      'lockstep/idempotency-key': 'CANARY-key',
      kept: 1,
    })
    const ping = await sign({ id: 2, method: 'ping' }, { kept: 1, 'lockstep/idempotency-key': 'CANARY-key' })
    own.line.send(message)
    own.line.send(ping)
    await until(() => own.reached.length === 1)
    expect(own.reached[0]?.params).toEqual({ _meta: { kept: 1 } })
    await own.line.answer(1)
    const { line, reached } = await scripted(environment)
    expect(environment).toEqual({})
    line.send({ jsonrpc: '2.0', id: 3, method: 'ping' })
    await until(() => reached.length === 1)
    const secrets = [agent.accessToken, launchProof, 'CANARY']
    const seen = [own.line.text(), line.text(), JSON.stringify([own.reached, reached, desk.audit.events])]
    for (const text of seen) for (const secret of secrets) expect(text).not.toContain(secret)
    const parts = message.params as { _meta: { 'lockstep/authorization': { proof: string } } }
    for (const text of seen) expect(text).not.toContain(parts._meta['lockstep/authorization'].proof)
  })
})

describe('a connection with credentials of its environment', () => {
  test.each([
    [
      'a bound token without its proof',
      async () => ({ LOCKSTEP_ACCESS_TOKEN: agent.accessToken }),
      'gateway.token-scheme',
    ],
    [
      'a proof without a token',
      async () => ({ LOCKSTEP_DPOP_PROOF: await proofFor(agent, RESOURCE, clock) }),
      'gateway.credentials-malformed',
    ],
    [
      'a token of nobody',
      async () => ({ ...(await launched()), LOCKSTEP_ACCESS_TOKEN: 'CANARY' }),
      'gateway.token-invalid',
    ],
    ['an empty token', async () => ({ LOCKSTEP_ACCESS_TOKEN: '' }), 'gateway.credentials-malformed'],
  ])(proves('stdio:launched', '%s'), async (_, environment, code) => {
    const { line, reached } = await scripted(await environment())
    for (const id of [1, 2]) {
      line.send({ jsonrpc: '2.0', ...greet(id) })
      const { error } = await line.answer(id)
      expect(error?.data?.code).toBe(code)
      expect(error?.message).toContain('start the server again')
    }
    expect(reached).toEqual([])
    expect(line.text()).not.toContain('CANARY')
  })

  test(proves('stdio:launched', 'a proof for each start'), async () => {
    const proofs = [await proofFor(agent, RESOURCE, clock), await proofFor(agent, RESOURCE, clock)].join(' ')
    const start = async () => {
      const { line, reached } = await scripted({
        LOCKSTEP_ACCESS_TOKEN: agent.accessToken,
        LOCKSTEP_DPOP_PROOF: proofs,
      })
      line.send({ jsonrpc: '2.0', id: 1, method: 'ping' })
      await until(() => reached.length + line.left.length === 1)
      return line.left[0]?.error?.data?.code
    }
    expect([await start(), await start(), await start()]).toEqual([undefined, undefined, 'gateway.proof-replayed'])
  })

  test(proves('stdio:launched', 'and a message with others'), async () => {
    const line = await serving(await launched())
    line.send(await sign(greet(1)))
    expect(await codeOf(line, 1)).toBe('gateway.credentials-malformed')
    expect(desk.ran).toEqual([])
    line.send({ jsonrpc: '2.0', ...greet(2) })
    expect((await line.answer(2)).result).toBeDefined()
  })

  test(proves('stdio:launched', 'until its token expires'), async () => {
    const line = await serving(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    expect((await line.answer(1)).result).toBeDefined()
    ahead += 301_000
    line.send({ jsonrpc: '2.0', ...greet(2) })
    const { error } = await line.answer(2)
    ahead -= 301_000
    expect(error).toMatchObject({
      message: expect.stringContaining('start the server again'),
      data: { code: 'gateway.token-expired', status: 401, challenge: { error: 'invalid_token' } },
    })
    expect(desk.ran).toHaveLength(1)
  })

  test(proves('stdio:launched', 'until it is revoked, and a call that runs ends'), async () => {
    const cut = await openDesk({ limits: { ...LIMITS, callMs: 60_000 } })
    cut.lockstep.guardServer(cut.createServer())
    const line = openLine(cut.lockstep, await environmentOf(cut))
    const reached: JsonObject[] = []
    line.transport.onmessage = (message) => void reached.push(message as JsonObject)
    await line.transport.start()
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    await cut.lockstep.revoke({ subject: { issuer: cut.issuer.issuer.issuer, id: 'user:ann' } }, 'a drill')
    expect(await codeOf(line, 1), 'while it ran').toBe('gateway.token-revoked')
    const late = { structuredContent: { greeting: 'CANARY' }, content: [] }
    await line.transport.send({ jsonrpc: '2.0', id: reached[0]?.id, result: late })
    line.send({ jsonrpc: '2.0', ...greet(2) })
    const { error } = await line.answer(2)
    expect(error?.data?.code).toBe('gateway.token-revoked')
    expect(error?.message).toContain('start the server again')
    expect(reached).toHaveLength(1)
    expect(line.text()).not.toContain('CANARY')
    expect(cut.audit.events.filter(({ step }) => step === 'response')).toMatchObject([
      { outcome: 'failed', code: 'gateway.token-revoked', detail: { ended: true } },
    ])
    await cut.lockstep.close()
  })
})

async function environmentOf(of: Desk) {
  const one = await of.agent()
  return { LOCKSTEP_ACCESS_TOKEN: one.accessToken, LOCKSTEP_DPOP_PROOF: await proofFor(one, RESOURCE) }
}

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

  test.each([
    [
      'a cycle',
      () => {
        const cycle: { self?: object } = {}
        cycle.self = cycle
        return cycle
      },
    ],
    ['more than it may', () => ({ text: 'x'.repeat(17_000_000) })],
  ])(proves('stdio:released', 'an answer with %s'), async (_, make) => {
    const { line, reached, send } = await scripted(await launched())
    line.send({ jsonrpc: '2.0', ...greet(1) })
    await until(() => reached.length === 1)
    await send({ jsonrpc: '2.0', id: reached[0]?.id, result: { structuredContent: make(), content: [] } })
    expect(await codeOf(line, 1)).toBe('invocation.handler-failed')
    expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
  })

  test(proves('stdio:deadline'), async () => {
    const { line, reached, send } = await scripted(await launched())
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
