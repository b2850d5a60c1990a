import type { IncomingMessage } from 'node:http'
import { createFinalRows } from '@lockstep/execution'
import type { Response } from 'express'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { proves } from '../requirements/index.ts'
import { codeOf, openTarget, type Sent, type Target } from './open-target.ts'

let target: Target
let answer: (response: Response, id: string) => void
beforeEach(async () => {
  target = await openTarget(
    (app) => {
      app.use('/mcp', (request, response) => answer(response, request.body?.id))
    },
    { limits: { answerBytes: 2000 } },
  )
})
afterEach(() => target.lockstep.close())

const shown = { structuredContent: { shown: 'yes' } }
/** All that reached the client, the reason phrase and the trailers too. */
const everything = (sent: Sent) => {
  const { statusMessage, trailers } = Reflect.get(sent, 'res') as IncomingMessage
  return JSON.stringify([sent.text, sent.headers, statusMessage, trailers])
}

test(proves('attacks:release-members'), async () => {
  const secret = 'CANARY'
  const messages = (id: string) => [
    { jsonrpc: '2.0', id, result: shown, debug: secret },
    { jsonrpc: '2.0', id, result: shown, error: { code: 1, message: secret } },
    { jsonrpc: secret, id, result: { ...shown, extra: secret, resultType: 'complete' } },
  ]
  for (const index of [0, 1, 2]) {
    answer = (response, id) => void response.json(messages(id)[index])
    const sent = await target.call('wide')
    expect(sent.body.id).toBe(1)
    expect(everything(sent)).not.toContain('CANARY')
  }
  const list = (result: unknown) => {
    answer = (response, id) => void response.json({ jsonrpc: '2.0', id, result, debug: secret })
    return target.shoot({ body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } })
  }
  expect(everything(await list([{ name: 'secret', description: secret }]))).not.toContain('CANARY')
  expect(everything(await list('CANARY'))).not.toContain('CANARY')
  expect((await list({ tools: [{ name: 'wide', inputSchema: {} }] })).body.result.tools).toHaveLength(1)
})

test(proves('attacks:release-headers'), async () => {
  answer = (response, id) => {
    response.writeEarlyHints({ link: '</CANARY>; rel=preload; as=style' })
    response.setHeader('x-secret', 'CANARY')
    response.setHeader('set-cookie', 'row=CANARY')
    response.setHeader('location', '/CANARY')
    response.setHeader('trailer', 'x-late')
    response.setHeader('content-disposition', 'attachment; filename=CANARY')
    response.setHeader('mcp-session-id', 'kept')
    response.setHeader('transfer-encoding', 'chunked')
    response.setHeader('x-powered-by', 'CANARY')
    response.addTrailers({ 'x-late': 'CANARY' })
    response.statusMessage = 'CANARY'
    response.json({ jsonrpc: '2.0', id, result: { structuredContent: { shown: 'yes', hidden: 'CANARY' } } })
  }
  const sent = await target.call('wide')
  expect(everything(sent)).not.toContain('CANARY')
  expect(sent.body.result.structuredContent).toEqual({ shown: 'yes' })
  // A digest of the whole body would tell whether a guess at what is withheld is right.
  expect(sent.headers.etag).toBeUndefined()
  expect(sent.headers['transfer-encoding']).toBeUndefined()
  expect(sent.headers['mcp-session-id']).toBe('kept')
  answer = (response) => void response.status(404).set('x-secret', 'CANARY').type('html').send('CANARY')
  expect(everything(await target.call('wide'))).not.toContain('CANARY')
})

test(proves('attacks:release-events'), async () => {
  answer = (response, id) => {
    response.writeHead(200, 'CANARY', { 'content-type': 'text/event-stream; x=CANARY', 'x-secret': 'CANARY' })
    response.write('event: CANARY\n\nid: row of CANARY\nretry: CANARY\n\n: CANARY\n\n')
    response.write(`event: CANARY\nid: 7\nretry: 5\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result: shown })}\n\n`)
    response.end('event: message\nid: CANARY end')
  }
  const sent = await target.call('wide')
  expect(everything(sent)).not.toContain('CANARY')
  expect(sent.text).toMatch(/id: 7\nretry: 5\ndata: \{.*"shown":"yes"/)
})

test(proves('attacks:release-errors'), async () => {
  const error = { code: -32603, message: 'CANARY', data: { stack: 'CANARY' } }
  answer = (response, id) => void response.json({ jsonrpc: '2.0', id, error })
  for (const method of ['tools/list', 'tools/call', 'initialize', 'ping', 'server/discover']) {
    const sent = await target.shoot({ body: { jsonrpc: '2.0', id: 1, method, params: { name: 'wide' } } })
    expect(everything(sent), method).not.toContain('CANARY')
    expect(sent.body.error.code, method).toBe(-32603)
  }
  const unsupported = { code: -32022, message: 'unsupported', data: { supported: ['2025-11-25'] } }
  answer = (response, id) => void response.json({ jsonrpc: '2.0', id, error: unsupported })
  const { body } = await target.shoot({ body: { jsonrpc: '2.0', id: 1, method: 'server/discover' } })
  expect(body.error).toEqual(unsupported)
})

test(proves('attacks:endless-event'), async () => {
  let written = 0
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => {
      written += 1
      response.write(`data: ${'x'.repeat(500)}`)
    }, 1)
    response.on('close', () => clearInterval(timer))
  }
  const sent = await target.call('wide')
  expect(sent.text).toContain('execution.result-unbound')
  expect(sent.text).not.toContain('xxx')
  expect(written).toBeLessThan(100)
})

test(proves('attacks:broken-status'), async () => {
  for (const status of [99, 101, 1000, Number.NaN]) {
    answer = (response, id) => {
      response.statusCode = status
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: shown }))
    }
    expect((await target.call('wide')).status, String(status)).toBe(500)
    answer = (response) => {
      response.statusCode = status
      response.end('CANARY')
    }
    const foreign = await target.call('wide')
    expect(foreign.status, String(status)).toBe(500)
    expect(codeOf(foreign)).toBe('execution.result-unbound')
  }
})

test(proves('attacks:foreign-row'), () => {
  const rows = createFinalRows()
  const call = authorizedCall('user:ann')
  rows.remember(call, [{ id: 1, weight: 1e300 }])
  expect(rows.has(call, { id: 1, weight: 1e300 })).toBe(true)
  expect(rows.has(call, { id: 2, weight: 1e300, iban: 'CANARY' })).toBe(false)
  expect(rows.has(call, { id: 1, weight: 2e300 })).toBe(false)
})
