import { type AgentFetchOptions, createAgentFetch, createProofKey } from '@lockstep/agent'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf } from './local-server.ts'
import { calls, inTurn, refuses, result, says, sent, serve } from './serving.ts'

const key = await createProofKey()
const agent = (options: Partial<AgentFetchOptions> = {}) =>
  createAgentFetch({ key, accessToken: 'token', lostAnswers: 'ask-again', ...options })
const LOST = { name: 'LockstepError', code: 'agent.answer-lost' }

/** Breaks the connection after so many bytes of an answer. */
function breaks(after = '', headers: Record<string, string> = {}): Answer {
  return async (_, response) => {
    if (after === '' && Object.keys(headers).length === 0) return void response.destroy()
    await new Promise<void>((resolve) => {
      response.writeHead(200, headers)
      response.flushHeaders()
      response.write(after, () => resolve())
    })
    response.destroy()
  }
}
const JSON_TYPE = { 'content-type': 'application/json' }
const EVENTS = { 'content-type': 'text/event-stream' }
const event = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`
const streams = (text: string): Answer => {
  return (_, response) => response.writeHead(200, EVENTS).write(text)
}
const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }

/** A server that has an effect for every key that it does not know, and then answers, or breaks. */
function effects(...answers: readonly Answer[]) {
  const known = new Set<string>()
  const happened: string[] = []
  const turns = inTurn(...answers)
  const answer: Answer = (request, response, raw) => {
    const sentKey = String(request.headers['idempotency-key'])
    if (!known.has(sentKey)) happened.push(sentKey)
    known.add(sentKey)
    return turns(request, response, raw)
  }
  return { answer, happened }
}

describe('a lost answer', () => {
  test.each([
    ['before the head', breaks()],
    ['in the middle of JSON', breaks('{"jsonrpc":"2.0",', JSON_TYPE)],
    ['in the middle of a stream', breaks(`${event(progress)}data: {"json`, EVENTS)],
    ['before the first event', breaks(': \n\n', EVENTS)],
  ])(proves('agent:retry:lost', '%s'), async (_, broken) => {
    const { answer, happened } = effects(broken, says(200, result))
    const server = await serve(answer)
    const text = await (await agent()(server.origin, calls())).text()
    expect(text).toContain(JSON.stringify(result))
    expect(text, 'no half of an event').not.toContain('{"json\n')
    expect(happened).toHaveLength(1)
    expect(server.seen).toHaveLength(2)
    const [first, second] = sent(server, 'dpop').map((proof) => claimsOf(proof))
    expect(second?.jti).not.toBe(first?.jti)
    expect(server.seen[1]?.body).toBe(server.seen[0]?.body)
  })

  test.each([
    ['before the head', breaks()],
    ['in the middle of JSON', breaks('{"jsonrpc":"2.0",', JSON_TYPE)],
    ['in the middle of a stream', breaks(event(progress), EVENTS)],
  ])(proves('agent:retry:lost', 'and lost again, %s'), async (_, broken) => {
    const { answer, happened } = effects(broken)
    const server = await serve(answer)
    const error = await agent()(server.origin, calls())
      .then((response) => response.text())
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject(LOST)
    expect(server.seen, 'once more, and no more').toHaveLength(2)
    expect(happened).toHaveLength(1)
  })

  test(proves('agent:retry:lost', 'whose outcome is not known'), async () => {
    for (const broken of [breaks(), breaks(event(progress), EVENTS)]) {
      const server = await serve(inTurn(broken, refuses(409, 'invocation.outcome-unknown')))
      const text = await (await agent()(server.origin, calls())).text()
      expect(text).toContain('invocation.outcome-unknown')
      expect(server.seen).toHaveLength(2)
    }
  })

  test(proves('agent:retry:lost', 'is told as lost unless somebody said otherwise'), async () => {
    const server = await serve(breaks())
    const send = createAgentFetch({ key, accessToken: 'token' })
    const error = await send(server.origin, calls()).catch((reason: unknown) => reason)
    expect(error).toMatchObject(LOST)
    expect(String(error)).not.toMatch(/token\b.*token|DPoP/)
    expect(server.seen).toHaveLength(1)
  })

  test(proves('agent:retry:lost', 'of anything but a call is what fetch makes of it'), async () => {
    const server = await serve(breaks())
    await expect(agent()(server.origin)).rejects.toThrow('fetch failed')
    await expect(agent()(server.origin, { method: 'POST', body: '{}' })).rejects.toThrow('fetch failed')
    expect(server.seen).toHaveLength(2)
  })

  test(proves('agent:retry:lost', 'because it took too long'), async () => {
    const { answer, happened } = effects(
      (_, response) => new Promise((resolve) => response.once('close', resolve)),
      says(200, result),
    )
    const server = await serve(answer)
    expect((await agent({ timeout: 500, tries: 5 })(server.origin, calls())).status).toBe(200)
    expect(happened).toHaveLength(1)
  })
})

test(proves('agent:retry:key'), async () => {
  const server = await serve(inTurn(breaks(), refuses(409, 'invocation.in-progress'), says(200, result)))
  const send = agent({ idempotencyKey: ({ tool, arguments: args }) => `${tool}-${args.id}` })
  await send(server.origin, calls('pay', { id: 'x' }))
  expect(sent(server, 'idempotency-key')).toEqual(['pay-x', 'pay-x', 'pay-x'])
  const { headers, ...call } = calls()
  await send(server.origin, { ...call, headers: { ...headers, 'Idempotency-Key': 'own' } })
  expect(sent(server, 'idempotency-key').at(-1), 'its own').toBe('own')
  const before = server.seen.length
  for (const chosen of ['', 'a b', 'x'.repeat(257), 'é']) {
    await expect(agent({ idempotencyKey: () => chosen })(server.origin, calls())).rejects.toThrow('`idempotencyKey`')
  }
  expect(server.seen).toHaveLength(before)
})

test(proves('agent:retry:key', 'none'), async () => {
  const server = await serve(breaks())
  const error = await agent({ idempotencyKey: 'none' })(server.origin, calls()).catch((reason: unknown) => reason)
  expect(error).toMatchObject(LOST)
  expect(sent(server, 'idempotency-key'), 'without a key nothing is sent again').toEqual([undefined])
})

describe('a call that still runs', () => {
  const busy = refuses(409, 'invocation.in-progress')

  test(proves('agent:retry:busy'), async () => {
    const server = await serve(inTurn(breaks(), busy, busy, says(200, result)))
    expect((await agent()(server.origin, calls())).status).toBe(200)
    expect(new Set(sent(server, 'idempotency-key')).size).toBe(1)
  })

  test(proves('agent:retry:busy', 'for longer than anybody waits'), async () => {
    const patient = refuses(409, 'invocation.in-progress', undefined, { 'retry-after': '99999' })
    const server = await serve(patient)
    const answer = await agent({ patience: 600 })(server.origin, calls())
    expect(await answer.json()).toMatchObject({ error: { data: { code: 'invocation.in-progress' } } })
    expect(server.seen, 'what the server asks for is bounded').toHaveLength(2)
    const impatient = await agent({ patience: 0 })(server.origin, calls())
    expect(impatient.status).toBe(409)
    expect(server.seen).toHaveLength(3)
  })
})

describe('a stream', () => {
  const text = `: hello\n\n${event(progress)}${event(result)}`

  test(proves('agent:stream', 'as it came'), async () => {
    const cuts = fc.array(fc.nat(text.length), { maxLength: 6 })
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(cuts, ends, async (at, end) => {
        const whole = text.replaceAll('\n', end)
        const places = [0, ...at.sort((a, b) => a - b), whole.length]
        const parts = places.slice(1).map((place, index) => whole.slice(places[index], place))
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const part of parts) controller.enqueue(Buffer.from(part))
            controller.close()
          },
        })
        const answer = new Response(body, { headers: { ...EVENTS, 'x-own': 'kept' } })
        const received = await agent({ fetch: async () => answer })('http://127.0.0.1/mcp', calls())
        expect(received.headers.get('x-own')).toBe('kept')
        expect(await received.text()).toBe(whole)
      }),
      { numRuns: 50 },
    )
  })

  test(proves('agent:stream', 'completed by another'), async () => {
    const server = await serve(inTurn(breaks(event(progress), EVENTS), streams(event(result))))
    const received = await (await agent()(server.origin, calls())).text()
    expect(received).toBe(event(progress) + event(result))
  })

  test(proves('agent:stream', 'that breaks after its answer is complete'), async () => {
    const server = await serve(breaks(event(result), EVENTS))
    const received = await agent()(server.origin, calls())
    const reader = received.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(event(result))
    await reader?.read().catch(() => undefined)
    expect(server.seen).toHaveLength(1)
  })

  test(proves('agent:stream', 'that its reader resumes'), async () => {
    const server = await serve(streams(`id: 7\ndata:\n\n`))
    expect(await (await agent()(server.origin, calls())).text()).toBe('id: 7\ndata:\n\n')
    expect(server.seen).toHaveLength(1)
  })

  test(proves('agent:stream', 'untouched where nothing is asked again'), async () => {
    const answer = new Response(event(progress), { headers: EVENTS })
    const send = createAgentFetch({ key, accessToken: 'token', fetch: async () => answer })
    expect(await send('http://127.0.0.1/mcp', calls())).toBe(answer)
  })

  test(proves('agent:stream', 'completed by what is no answer to the call'), async () => {
    const foreign = says(200, { ...result, id: 'another' })
    const server = await serve(inTurn(breaks(event(progress), EVENTS), foreign))
    const received = await agent()(server.origin, calls())
    await expect(received.text()).rejects.toMatchObject(LOST)
  })

  test(proves('agent:stream', 'that nobody reads any more'), async () => {
    let closed = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    const server = await serve(async (_, response) => {
      response.writeHead(200, EVENTS).write(event(progress))
      response.once('close', closed)
      await gone
    })
    const received = await agent()(server.origin, calls())
    await received.body?.cancel()
    await gone
    expect(server.seen).toHaveLength(1)
  })
})
