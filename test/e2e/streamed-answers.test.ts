import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { mcpAuth } from '@lockstep/express'
import { relayTo } from '@lockstep/mcp'
import express from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { serve } from './serve.ts'

const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'wide', arguments: {} } }
const MEBIBYTE = 1_048_576
const record = (n: number) => ({ n, note: `\u202enote ${n} `.repeat(10) })
const stops: (() => Promise<unknown>)[] = []

/** How an upstream writes its answer: the beginning, so many records of some 100 bytes, and the end. */
type Write = (response: ServerResponse, id: string) => Promise<void> | void

const HEAD = '{"result":{"structuredContent":{"unbound":"CANARY","shown":['
const endOf = (id: string) =>
  `]},"content":[{"type":"text","text":"CANARY"}]},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`
const recordsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => JSON.stringify(record(from + n))).join(',')

async function writeAll(response: ServerResponse, text: string): Promise<void> {
  if (response.write(text)) return
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

describe('an answer that is too large to be held', () => {
  let desk: Desk
  let write: Write
  let closed = 0
  let seen = 0
  let connection: Socket | undefined
  beforeAll(async () => {
    desk = await openDesk({ limits: { callMs: 20_000, answerBytes: 2 * MEBIBYTE } })
    const upstream: RequestListener = async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      response.on('close', () => {
        closed += 1
      })
      response.setHeader('content-type', 'application/json')
      await write(response, JSON.parse(Buffer.concat(chunks).toString()).id)
    }
    const behind = await serve(upstream)
    const app = express()
    app.use((request, _response, next) => {
      connection = request.socket
      next()
    })
    app.use(mcpAuth(desk.lockstep)).all('/mcp', relayTo(`http://127.0.0.1:${behind.port}/mcp`))
    const server = await serve(app)
    stops.push(server.close, behind.close)
    desk.reach(server.port)
  })
  afterEach(async () => {
    // A call whose client hung up is over once it is recorded.
    await vi.waitFor(() => expect(outcomes().length).toBeGreaterThan(0), PATIENT)
    closed = 0
    seen = desk.audit.events.length
  })
  afterAll(async () => {
    for (const stop of stops.splice(0)) await stop()
    await desk.lockstep.close()
  })

  async function call(headers: Record<string, string> = {}, signal?: AbortSignal) {
    const { fetch } = await desk.agent()
    return fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify(CALL),
      ...(signal ? { signal } : {}),
    })
  }
  const outcomes = () => desk.audit.events.slice(seen).filter(({ step }) => step === 'response')
  const shown = (n: number) => ({ n, note: `note ${n} `.repeat(10) })

  test.each(['JSON', 'an event'])(proves('relay:streamed:equal', 'as %s, over HTTP'), async (form) => {
    const isEvent = form === 'an event'
    write = async (response, id) => {
      if (isEvent) response.setHeader('content-type', 'text/event-stream')
      const text = `${HEAD}${recordsOf(0, 20_000)}${endOf(id)}`
      const body = isEvent
        ? `: CANARY\n\nevent: message\nid: 9\ndata: ${text}\n\ndata: {"method":"notifications/message","params":"CANARY"}\n\n`
        : text
      for (let at = 0; at < body.length; at += 99_991) await writeAll(response, body.slice(at, at + 99_991))
      response.end()
    }
    const answer = await call()
    const text = await answer.text()
    expect(text).not.toContain('CANARY')
    expect(text).not.toContain('\u202e')
    const [, data = text] = /^data: (.*)$/m.exec(text) ?? []
    if (isEvent) expect(text).toMatch(/event: message\nid: 9\ndata: \{/)
    const { id, result } = JSON.parse(data)
    expect(id).toBe(7)
    expect(result.structuredContent.shown).toHaveLength(20_000)
    expect(result.structuredContent.shown[19_999]).toEqual(shown(19_999))
    expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent)
    expect(outcomes()).toMatchObject([{ outcome: 'completed', detail: { streamed: { rows: 20_000 }, fields: ['*'] } }])
  })

  test(proves('relay:streamed:order'), async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    write = async (response, id) => {
      await writeAll(response, `${HEAD}${recordsOf(0, 20_000)}`)
      await gate
      response.end(`,${recordsOf(0, 1)}${endOf(id)}`)
    }
    const { body } = await call()
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    const first = await reader.read()
    expect(first.value?.length).toBeGreaterThan(0)
    expect(desk.audit.events.slice(seen).map(({ step, outcome }) => `${step} ${outcome}`)).toContain(
      'invocation permitted',
    )
    expect(outcomes()).toEqual([])
    goOn()
    let last = ''
    const decoder = new TextDecoder()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      last = (last + decoder.decode(piece.value, { stream: true })).slice(-100)
      if (last.endsWith('}}')) expect(outcomes()).toMatchObject([{ outcome: 'completed' }])
    }
    expect(last).toMatch(/\}\}$/)
  })

  const CUT: Readonly<Record<string, { code: string; cut: (response: ServerResponse) => unknown }>> = {
    'its server': { code: 'execution.upstream-failed', cut: (response) => response.destroy() },
    'its server, as if it were over': { code: 'execution.result-unbound', cut: (response) => response.end() },
    'what is no JSON': { code: 'execution.result-unbound', cut: (response) => response.write('}]') },
    'what is no UTF-8': { code: 'execution.result-unbound', cut: (response) => response.write(Buffer.from([0xff])) },
  }
  async function expectCut({ code, cut }: (typeof CUT)[string]): Promise<void> {
    let upstream: ServerResponse | undefined
    write = async (response) => {
      upstream = response
      await writeAll(response, `${HEAD}${recordsOf(0, 20_000)},`)
    }
    const { body } = await call()
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    let text = Buffer.from((await reader.read()).value ?? []).toString()
    if (upstream) await cut(upstream)
    const rest = async () => {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += Buffer.from(piece.value)
    }
    await expect(rest()).rejects.toThrow()
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    await vi.waitFor(() => expect(outcomes().some(({ detail }) => detail?.truncated === true)).toBe(true), PATIENT)
    expect(outcomes().find(({ detail }) => detail?.truncated)).toMatchObject({
      outcome: 'failed',
      code,
      detail: { streamed: { rows: expect.any(Number), bytes: expect.any(Number) } },
    })
    await vi.waitFor(() => expect(closed).toBe(1), PATIENT)
  }
  test.each(Object.entries(CUT))(proves('relay:streamed:truncated', 'by %s'), (_name, how) => expectCut(how))

  test(proves('relay:streamed:truncated', 'by the deadline of its call'), () =>
    expectCut({ code: 'invocation.timed-out', cut: () => undefined }),
  )

  test(proves('relay:streamed:truncated', 'by its client, of a server that never ends'), async () => {
    let written = 0
    write = async (response) => {
      await writeAll(response, HEAD)
      for (let n = 0; !response.closed; n += 100) {
        written += 1
        await writeAll(response, `${recordsOf(n, n + 100)},`)
      }
    }
    const { body } = await call()
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    connection?.destroy()
    await vi.waitFor(() => expect(closed).toBe(1), PATIENT)
    await vi.waitFor(
      () => expect(outcomes()).toMatchObject([{ outcome: 'failed', code: 'invocation.call-closed' }]),
      PATIENT,
    )
    expect(written).toBeGreaterThan(0)
  })

  test(proves('relay:streamed:pressure', 'of a client that does not read'), async () => {
    let accepted = 0
    write = async (response) => {
      await writeAll(response, HEAD)
      const piece = `${recordsOf(0, 1_000)},`
      for (let n = 0; n < 2_000 && !response.closed; n += 1) {
        await writeAll(response, piece)
        accepted += piece.length
      }
    }
    const hangUp = new AbortController()
    const { body } = await call({}, hangUp.signal)
    await vi.waitFor(() => expect(accepted).toBeGreaterThan(MEBIBYTE), PATIENT)
    let before = -1
    await vi.waitFor(
      () => {
        const still = accepted === before
        before = accepted
        expect(still).toBe(true)
      },
      { ...PATIENT, interval: 500 },
    )
    // What the buffers of three sockets take, of more than 200 MB.
    expect(accepted).toBeLessThan(40 * MEBIBYTE)
    hangUp.abort()
    await body?.cancel().catch(() => undefined)
  })

  test(proves('relay:streamed:held', 'for a retry'), async () => {
    write = (response, id) => void response.end(`${HEAD}${recordsOf(0, 20_000)}${endOf(id)}`)
    const answer = await call({ 'idempotency-key': 'once' })
    const text = await answer.text()
    expect(text).not.toContain('note')
    expect(JSON.parse(text).error).toBeDefined()
    expect(outcomes()).toMatchObject([{ outcome: 'failed' }])
  })

  // The last: for some seconds after it nobody signs in.
  test(proves('relay:streamed:truncated', 'by a revocation'), () =>
    expectCut({
      code: 'gateway.token-revoked',
      cut: () => desk.lockstep.revoke({ subject: { issuer: desk.issuer.issuer.issuer, id: 'user:ann' } }, 'test'),
    }),
  )
})
