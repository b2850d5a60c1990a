import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { filterResponse, type ResponseFilter } from '../src/http/filter-response.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const filter: ResponseFilter = {
  release: async (message) => {
    await new Promise((resolve) => setTimeout(resolve, message.slow === true ? 20 : 0))
    if (message.broken === true) throw new Error('CANARY')
    return message.hidden === true ? undefined : { ...message, released: true }
  },
  unanswered: async () => undefined,
  failure: (error) => ({ status: error ? 503 : 500, headers: { 'x-refused': '1' }, body: { refused: true } }),
  maxBytes: 1000,
}

async function answer(handler: (response: ServerResponse) => void | Promise<void>, more: Partial<ResponseFilter> = {}) {
  const server = createServer((_request, response) => {
    filterResponse(response, { ...filter, ...more })
    void handler(response)
  }).listen(0, '127.0.0.1')
  stops.push(() => server.close())
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe('filterResponse', () => {
  test(proves('edge:filter:json'), async () => {
    const { status, text } = await answer((response) => void json(response, { id: 1 }))
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 200, body: { id: 1, released: true } })
    const split = await answer((response) => {
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.setHeader('Content-Length', '9')
      response.write('{"id"')
      response.write(':12}')
      response.end()
    })
    expect(JSON.parse(split.text)).toEqual({ id: 12, released: true })
  })

  test(proves('edge:filter:awaited'), async () => {
    const left: unknown[] = []
    const unanswered = async (error: unknown) => void left.push(error)
    const awaited = { isAwaited: true, unanswered }
    const stream = (...events: string[]) => {
      return (response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const event of events) response.write(event)
        response.end()
      }
    }
    const silent: Record<string, (response: ServerResponse) => void> = {
      'an empty answer': (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(),
      'no content': (response) => void response.writeHead(202).end(),
      'a stream of nothing': stream(),
      'a stream of comments': stream(': a\n\n', 'id: 1\ndata:\n\n'),
      'a stream of notifications': stream('data: {"method":"a"}\n\n'),
      'a stream whose answer is hidden': stream('data: {"id":1,"hidden":true}\n\n'),
    }
    for (const [says, handler] of Object.entries(silent)) {
      left.length = 0
      const { text } = await answer(handler, awaited)
      expect(text, says).toContain('{"refused":true}')
      expect(left, says).toMatchObject([{ code: 'invocation.handler-failed' }])
      expect((await answer(handler)).text, `${says}, for which nobody waits`).not.toContain('refused')
    }
    left.length = 0
    const answered = await answer(stream('data: {"method":"a"}\n\n', 'data: {"id":1}\n\n'), awaited)
    expect(answered.text).toMatch(/"method":"a".*"id":1,"released":true\}\n\n$/s)
    expect(left).toEqual([undefined])
  })

  test(proves('edge:filter:stream'), async () => {
    const { text, headers } = await answer(async (response) => {
      // Adapters announce a length for short streams; what leaves is longer.
      const body =
        'id: 7\nevent: message\ndata: {"id":1,"slow":true}\n\n: CANARY\n\ndata: {"id":2}\n\ndata: {"id":3,"hidden":true}\n\n'
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': String(body.length) })
      for (const part of body.match(/[\s\S]{1,7}/g) ?? []) response.write(part)
      response.end()
    })
    expect(headers.get('content-length')).toBeNull()
    expect(text).toBe(
      'event: message\nid: 7\ndata: {"id":1,"slow":true,"released":true}\n\n:\n\ndata: {"id":2,"released":true}\n\n',
    )
  })

  test(proves('edge:filter:foreign'), async () => {
    const html = await answer(
      (response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<b>CANARY</b>'),
    )
    expect(html).toMatchObject({ status: 404, text: '{"refused":true}' })
    for (const body of ['"CANARY"', '[{"id":1}]', 'CANARY', '']) {
      const { status, text } = await answer(
        (response) =>
          void response.writeHead(200, { 'content-type': body ? 'application/json' : 'text/plain' }).end(body),
      )
      expect(text).not.toContain('CANARY')
      expect(status).toBe(body === '' ? 200 : 500)
    }
    const garbled = await answer(
      (response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: CANARY\n\ndata: [1]\n\n'),
    )
    expect(garbled.text).toBe('')
  })

  test(proves('edge:filter:accepted'), async () => {
    expect(await answer((response) => void response.writeHead(202).end())).toMatchObject({ status: 202, text: '' })
  })

  test(proves('edge:filter:too-large'), async () => {
    const { status, text } = await answer((response) => void json(response, { text: 'x'.repeat(2000) }))
    expect({ status, text }).toEqual({ status: 503, text: '{"refused":true}' })
  })

  test(proves('edge:filter:failing'), async () => {
    const whole = await answer((response) => void json(response, { broken: true }))
    expect(whole).toMatchObject({ status: 503, text: '{"refused":true}' })
    expect(whole.headers.get('x-refused')).toBe('1')
    const stream = await answer(
      (response) =>
        void response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end('data: {"id":1}\n\ndata: {"broken":true}\n\ndata: {"id":3}\n\n'),
    )
    expect(stream.text).toBe('data: {"id":1,"released":true}\n\ndata: {"refused":true}\n\n')
  })
})
