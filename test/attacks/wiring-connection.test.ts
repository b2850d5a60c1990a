import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type RelationshipSource, subjectEntity } from '@lockstep/core'
import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { afterEach, expect, test, vi } from 'vitest'
import { serve } from '../e2e/serve.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { openTarget, type Target } from './open-target.ts'

const ORIGIN = 'http://127.0.0.1:4199'
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

async function open(
  ran: string[],
  overrides: Parameters<typeof openTarget>[1] = {},
): Promise<{ target: Target; port: number }> {
  const target = await openTarget((app) => {
    app.use(async (request, response) => {
      ran.push(`${request.method} ${request.path}`)
      const { id, params } = request.body
      await wait(params?.arguments?.slow ?? 0)
      response.json({ jsonrpc: '2.0', id, result: { structuredContent: { shown: params?.arguments?.tag } } })
    })
  }, overrides)
  const server = await serve(target.app)
  opened.push(target.lockstep, server)
  return { target, port: server.port }
}

interface Raw {
  readonly agent: TestAgent
  readonly start?: string
  /** The URL that the proof is for. */
  readonly url?: string
  readonly body?: object
  readonly extra?: readonly string[]
}

async function raw({ agent, start = 'POST /mcp', url = `${ORIGIN}/mcp`, body, extra = [] }: Raw): Promise<string> {
  const { accessToken, key } = agent
  const text = body === undefined ? '' : JSON.stringify(body)
  const method = start.split(' ', 1)[0] ?? ''
  const head = [
    `${start} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: DPoP ${accessToken}`,
    `dpop: ${await signProof(key, { method, url, accessToken })}`,
    ...(text ? ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`] : []),
    ...extra,
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}

/** Sends bytes over one connection and collects what comes back: so many answers at least, and what comes in a moment after them. */
async function send(port: number, bytes: string, quiet = 400, answers = 1): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8')
  })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(bytes)
  // An answer may be slow; whoever hangs up does not wait for it.
  if (answers > 0) await vi.waitUntil(() => text.split('HTTP/1.1 ').length > answers, PATIENT)
  await wait(quiet)
  socket.destroy()
  return text
}

const calling = (id: number, name: string, args: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
})

test(proves('attacks:absolute-target'), async () => {
  const ran: string[] = []
  const { target, port } = await open(ran)
  const agent = target.ann
  const body = calling(1, 'wide', {})
  // A proof for the root must not open the endpoint that an absolute target is routed to.
  for (const [path, url] of [
    [`${ORIGIN}/mcp`, `${ORIGIN}/`],
    [`${ORIGIN}/mcp`, `${ORIGIN}/mcp`],
    ['http://evil.example/health', `${ORIGIN}/health`],
    ['//evil.example/mcp', `${ORIGIN}/mcp`],
    ['/\\evil.example/mcp', `${ORIGIN}/mcp`],
    // A URL parser would take the rest for a host, and for none.
    ['/\\[', `${ORIGIN}/`],
  ]) {
    expect(await send(port, await raw({ agent, start: `POST ${path}`, url: url ?? '', body }), 150), path).toMatch(
      /^HTTP\/1\.1 4\d\d /,
    )
  }
  expect(ran).toEqual([])
})

test(proves('attacks:connection', 'pipelined'), async () => {
  const { target, port } = await open([])
  const ann = target.ann
  const bob = await target.desk.agent({ subject: 'user:bob' })
  const bytes = await Promise.all([
    raw({ agent: ann, body: calling(1, 'wide', { tag: 'first', slow: 100 }) }),
    raw({ agent: bob, body: calling(1, 'wide', { tag: 'second' }) }),
    raw({ agent: ann, body: calling(1, 'wide', { tag: 'third' }) }),
  ])
  const answers = (await send(port, bytes.join(''), 400, 3)).split('HTTP/1.1 ').slice(1)
  expect(answers.map((text) => /"shown":"(\w+)"|"(discovery\.tool-unknown)"/.exec(text)?.slice(1))).toEqual([
    ['first', undefined],
    [undefined, 'discovery.tool-unknown'],
    ['third', undefined],
  ])
})

test(proves('attacks:connection', 'hung up at every stage'), async () => {
  const ran: string[] = []
  const { target, port } = await open(ran)
  const failures: unknown[] = []
  const note = (error: unknown) => failures.push(error)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    const whole = await raw({ agent: target.ann, body: calling(1, 'wide', { tag: 'x', slow: 50 }) })
    for (const cut of [20, whole.indexOf('\r\n\r\n') + 4, whole.length - 3]) {
      const part = (await raw({ agent: target.ann, body: calling(1, 'wide', { tag: 'x', slow: 50 }) })).slice(0, cut)
      await send(port, part, 30, 0)
    }
    expect(ran).toEqual([])
    for (const after of [0, 1, 5, 20, 60]) {
      await send(port, await raw({ agent: target.ann, body: calling(1, 'wide', { tag: 'x', slow: 50 }) }), after, 0)
    }
    await wait(200)
    // What ran was recorded to its end, though nobody listened any more.
    const ended = () => target.desk.audit.events.filter(({ tool, step }) => tool === 'wide' && step === 'response')
    await expect.poll(() => ended().length - ran.length, PATIENT).toBe(0)
    expect(failures).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
})

test(proves('attacks:hung-up-forgotten', 'while it is decided'), async () => {
  const ran: string[] = []
  const waiting: (() => void)[] = []
  const load: RelationshipSource['load'] = async ({ subject }) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return { entities: [{ ...subjectEntity({ subject }), attributes: {}, parents: [] }], revision: '0' }
  }
  const { target, port } = await open(ran, { relationships: { load } })
  // The handler outlives the attempt to cancel it: only the connection that is gone ends the request.
  const sending = send(port, await raw({ agent: target.ann, body: calling(1, 'wide', { slow: 2000 }) }), 100, 0)
  await until(() => waiting.length === 1)
  await sending
  await wait(50)
  waiting[0]?.()
  await until(() => ran.length === 1)
  await expectForgotten(target, port, ran, 1)
})

test(proves('attacks:hung-up-forgotten', 'in the queue of a connection'), async () => {
  const ran: string[] = []
  const { target, port } = await open(ran)
  const bytes = [
    await raw({ agent: target.ann, body: calling(1, 'wide', { slow: 400 }) }),
    await raw({ agent: target.ann, body: calling(2, 'wide', {}) }),
  ]
  await send(port, bytes.join(''), 200, 0)
  await until(() => target.desk.audit.events.filter(({ step }) => step === 'response').length === 2)
  await expectForgotten(target, port, ran, 2)
})

/** Whatever is still known of a request can still be cancelled: the notification would reach the handler. */
async function expectForgotten(target: Target, port: number, ran: readonly string[], requestId: number) {
  const before = ran.length
  const body = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }
  expect(await send(port, await raw({ agent: target.ann, body }))).toMatch(/^HTTP\/1\.1 202 /)
  expect(ran).toHaveLength(before)
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, PATIENT)
}

test(proves('attacks:connection', 'headers that disagree'), async () => {
  const ran: string[] = []
  const { target, port } = await open(ran)
  const body = calling(1, 'wide', {})
  for (const extra of [
    ['transfer-encoding: chunked'],
    ['content-length: 5'],
    ['authorization: Bearer x'],
    ['dpop: x'],
    ['content-encoding: br'],
    ['txn-token: a', 'txn-token: b'],
    ['idempotency-key: a', 'idempotency-key: b'],
  ]) {
    expect(await send(port, await raw({ agent: target.ann, body, extra }), 150), extra.join()).toMatch(
      /^HTTP\/1\.1 4\d\d /,
    )
  }
  expect(ran).toEqual([])
  expect(await send(port, await raw({ agent: target.ann, body, extra: ['expect: 100-continue'] }), 0, 2)).toMatch(
    /^HTTP\/1\.1 100 [\s\S]*HTTP\/1\.1 200 /,
  )
})
