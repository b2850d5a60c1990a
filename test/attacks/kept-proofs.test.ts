/** A request that is refused for what it is has used nothing up: mended, it passes with the same token and the same proof, and once. */
import { connect } from 'node:net'
import type { LockstepConfiguration } from '@lockstep/mcp'
import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { afterEach, describe, expect, test } from 'vitest'
import { onExpress, onKoa, serve } from '../e2e/serve.ts'
import { sendBytes, type WireRequest } from '../fixtures/corpus/send-bytes.ts'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'

type Headers = WireRequest['headers']

const rpc = (method: string, params: object = {}, more: object = { id: 1 }) =>
  JSON.stringify({ jsonrpc: '2.0', ...more, method, params })
const call = (args: object = {}) => rpc('tools/call', { name: 'greet', arguments: args })
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
}
const modern = rpc('tools/call', { name: 'greet', arguments: {}, _meta: MODERN })
const MIRRORED: Headers = [
  ['MCP-Protocol-Version', '2026-07-28'],
  ['Mcp-Method', 'tools/call'],
  ['Mcp-Name', 'greet'],
]

/** What is wrong with a request. What is not named is as in the mended one. */
interface Flaw {
  readonly code: string
  readonly target?: string
  readonly body?: string
  /** In place of those of the same name. */
  readonly headers?: Headers
  readonly without?: readonly string[]
  /** The honest request, where it is not a call of a client of 2025. */
  readonly mended?: Partial<Pick<WireRequest, 'method' | 'target' | 'body' | 'headers'>>
}

const FORM: Headers = [['Content-Type', 'application/x-www-form-urlencoded']]
const EXCHANGE = { target: '/.lockstep/token', headers: FORM, body: 'grant_type=none' }
const AGAIN: Headers = [
  ['Txn-Token', 'a'],
  ['Txn-Token', 'b'],
]

const flaws: Readonly<Record<string, Flaw>> = {
  'a foreign origin': { code: 'gateway.origin', headers: [['Origin', 'https://evil.example']] },
  'too many headers': {
    code: 'gateway.headers-too-large',
    headers: Array.from({ length: 140 }, (_, index) => [`X-${index}`, 'x'] as const),
  },
  'no proof': { code: 'gateway.proof-missing', without: ['DPoP'] },
  'a token in the URL': { code: 'gateway.credentials-malformed', target: '/mcp?access_token=x' },
  'another path': { code: 'gateway.path-unknown', target: '//mcp' },
  'no JSON': { code: 'gateway.body-malformed', body: '{"jsonrpc"' },
  'no message': { code: 'gateway.body-malformed', body: '{"jsonrpc":"1.0"}' },
  'no body': { code: 'gateway.content-type', body: '', without: ['Content-Type'] },
  'a batch': { code: 'gateway.body-malformed', body: `[${call()}]` },
  'a call without an id': {
    code: 'gateway.body-malformed',
    body: rpc('tools/call', { name: 'greet', arguments: {} }, {}),
  },
  'a member twice': { code: 'gateway.body-duplicate-member', body: '{"jsonrpc":"2.0","jsonrpc":"2.0"}' },
  'too deep': { code: 'gateway.body-too-deep', body: '['.repeat(80) + ']'.repeat(80) },
  'too large': { code: 'gateway.body-too-large', body: call({ name: 'x'.repeat(5000) }) },
  'another media type': { code: 'gateway.content-type', headers: [['Content-Type', 'text/plain']] },
  'another charset': { code: 'gateway.content-type', headers: [['Content-Type', 'application/json; charset=utf-16']] },
  'an encoded body': { code: 'gateway.content-type', headers: [['Content-Encoding', 'gzip']] },
  'a name that disagrees': { code: 'gateway.header-mismatch', headers: [['Mcp-Name', 'wide']] },
  'a method that disagrees': { code: 'gateway.header-mismatch', headers: [['Mcp-Method', 'tools/list']] },
  'a call of 2026 that is not mirrored': {
    code: 'gateway.header-mismatch',
    body: modern,
    without: ['Mcp-Method', 'Mcp-Name'],
    mended: { body: modern, headers: MIRRORED },
  },
  'a version that disagrees': {
    code: 'gateway.header-mismatch',
    headers: [['MCP-Protocol-Version', '2025-06-18']],
    mended: { body: modern, headers: MIRRORED },
  },
  'two transaction tokens': { code: 'invocation.txn-token-invalid', headers: AGAIN },
  'a key with a space': { code: 'invocation.idempotency-key-invalid', headers: [['Idempotency-Key', 'a b']] },
  'a body on GET': {
    code: 'gateway.body-malformed',
    body: call(),
    headers: [['Content-Type', 'application/json']],
    mended: { method: 'GET', body: '' },
  },
  'an exchange that is no form': {
    code: 'gateway.content-type',
    headers: [['Content-Type', 'application/json']],
    mended: EXCHANGE,
  },
  'an exchange that is too large': {
    code: 'gateway.body-too-large',
    body: `x=${'y'.repeat(5000)}`,
    mended: EXCHANGE,
  },
}

let close: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const one of close.splice(0).reverse()) await one()
  close = []
})

async function open(framework: typeof onExpress, overrides: Partial<LockstepConfiguration> = {}) {
  const desk = await openDesk(overrides)
  const served = await serve(
    framework(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())),
    { maxHeaderSize: 65_536 },
  )
  desk.lockstep.guardServer(desk.createServer())
  close.push(desk.lockstep.close, served.close)
  const ann = await desk.agent()
  return { desk, ann, port: served.port }
}

/** A request with a proof of its own, and the same with a flaw. */
async function flawed({ accessToken, key }: TestAgent, { target, body, headers = [], without = [], mended }: Flaw) {
  const honest = { method: 'POST', target: '/mcp', body: call(), headers: [] as Headers, ...mended }
  const url = new URL(honest.target, RESOURCE).href
  const own: Headers = [
    ['Authorization', `DPoP ${accessToken}`],
    ['DPoP', await signProof(key, { method: honest.method, url, accessToken })],
    ['Accept', 'application/json, text/event-stream'],
    ...(honest.body === '' || mended?.headers === FORM ? [] : [['Content-Type', 'application/json'] as const]),
    ...honest.headers,
  ]
  const replaced = headers.map(([name]) => name)
  const kept = own.filter(([name]) => !without.includes(name) && !replaced.includes(name))
  return {
    bad: {
      ...honest,
      target: target ?? honest.target,
      body: body ?? honest.body,
      headers: [...kept, ...headers],
    } satisfies WireRequest,
    good: { ...honest, headers: own } satisfies WireRequest,
  }
}

const codeOf = ({ text }: { readonly text: string }) => /"code":"([a-z.-]+)"/.exec(text)?.[1]
const gatewayOf = (desk: Desk, from: number) =>
  desk.audit.events
    .slice(from)
    .filter(({ step }) => step === 'gateway')
    .map(({ outcome, code }) => code ?? outcome)

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('on %s', (name, framework) => {
  test.each(Object.entries(flaws))(proves('gateway:proof:kept', `${name}: %s`), async (_, flaw) => {
    const { desk, ann, port } = await open(framework)
    const { bad, good } = await flawed(ann, flaw)
    const before = desk.audit.events.length
    for (const reply of [await sendBytes(port, bad), await sendBytes(port, bad)]) {
      expect(codeOf(reply)).toBe(flaw.code)
    }
    expect(gatewayOf(desk, before), 'one record each').toEqual([flaw.code, flaw.code])
    expect(desk.ran).toEqual([])

    const mended = await sendBytes(port, good)
    expect(codeOf(mended) ?? '').not.toMatch(/^gateway\./)
    expect(gatewayOf(desk, before).at(-1)).toBe('permitted')
    if (good.target === '/mcp' && good.method === 'POST') {
      expect(mended.status).toBe(200)
      expect(desk.ran).toHaveLength(1)
    }
    const again = await sendBytes(port, good)
    expect([again.status, gatewayOf(desk, before).at(-1)]).toEqual([401, 'gateway.proof-replayed'])
    expect((await sendBytes(port, bad)).status, 'and the flawed one is still refused').toBeGreaterThanOrEqual(400)
    expect(desk.ran.length).toBeLessThanOrEqual(1)
  })

  test(proves('gateway:proof:kept', `${name}: of many copies one has an effect`), async () => {
    const { desk, ann, port } = await open(framework)
    const { bad, good } = await flawed(ann, { code: '', body: '{' })
    const copies = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? bad : good))
    const replies = await Promise.all(copies.map((request) => sendBytes(port, request)))
    expect(desk.ran).toHaveLength(1)
    const told = replies.map((reply) => codeOf(reply) ?? reply.status)
    expect(told.filter((one) => one === 200)).toHaveLength(1)
    expect(told.filter((one) => one === 'gateway.proof-replayed')).toHaveLength(19)
    expect(told.filter((one) => one === 'gateway.body-malformed')).toHaveLength(20)
  })

  test(proves('gateway:proof:kept', `${name}: where the gateway only observes`), async () => {
    const { desk, ann, port } = await open(framework, {
      mode: { gateway: 'observe', discovery: 'observe', invocation: 'observe', execution: 'observe' },
    })
    const { bad, good } = await flawed(ann, { code: '', headers: [['Content-Type', 'text/plain']] })
    expect((await sendBytes(port, bad)).status).toBe(415)
    const before = desk.audit.events.length
    expect((await sendBytes(port, good)).status).toBe(200)
    expect((await sendBytes(port, good)).status, 'a replay is told and let through').toBe(200)
    expect(gatewayOf(desk, before)).toEqual(['permitted', 'gateway.proof-replayed'])
    expect(desk.audit.events.find(({ code }) => code === 'gateway.proof-replayed')?.outcome).toBe('observed')
    expect(desk.ran).toHaveLength(2)
  })
})

test(proves('admission:limits:own-budget', 'a captured request that was refused is counted for nobody'), async () => {
  const { desk, ann, port } = await open(onExpress, { rateLimits: { subject: { points: 2, seconds: 3600 } } })
  const { bad, good } = await flawed(ann, { code: '', body: '{' })
  for (let copy = 0; copy < 5; copy += 1) expect(codeOf(await sendBytes(port, bad))).toBe('gateway.body-malformed')
  expect((await sendBytes(port, good)).status).toBe(200)
  expect(codeOf(await sendBytes(port, good))).toBe('gateway.proof-replayed')
  const next = await flawed(ann, { code: '' })
  expect((await sendBytes(port, next.good)).status).toBe(200)
  const third = await flawed(ann, { code: '' })
  expect(codeOf(await sendBytes(port, third.good))).toBe('gateway.rate-limited')
  expect(desk.ran).toHaveLength(2)
})

/** Announces a body and never sends it. */
function announce(port: number, { method, target, headers }: WireRequest, length: number): Promise<string> {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', `Content-Length: ${length}`]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', reject).on('close', () => resolve(answer))
    socket.write(`${[...head, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`)
  })
}

test(proves('gateway:proof:kept', 'no body is waited for before its sender is known'), async () => {
  const { ann, port } = await open(onExpress)
  const { bad } = await flawed(ann, { code: '', without: ['DPoP'] })
  expect(await announce(port, bad, 100)).toContain('gateway.proof-missing')
  const elsewhere = await flawed(ann, { code: '', target: '//mcp' })
  expect(await announce(port, elsewhere.bad, 100)).toContain('gateway.path-unknown')
  const large = await flawed(ann, { code: '' })
  expect(await announce(port, large.bad, 5000)).toContain('gateway.body-too-large')
  expect((await sendBytes(port, large.good)).status).toBe(200)
})
