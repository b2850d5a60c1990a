import type { TestAgent } from '@lockstep/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Message, openSendingDesk, type RawCall, type SendingDesk } from '../fixtures/desk/sending-desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const CANARY = 'CANARY'
const ORIGIN = 'https://bank.example'
let desk: SendingDesk
let ann: TestAgent
beforeAll(async () => {
  desk = await openSendingDesk({
    tools: {
      wide: {
        output: { shown: 'public' },
        sends: {
          progress: 'public',
          logs: { data: 'public', loggers: ['ledger'] },
          errors: 'public',
          asks: { form: 'public', page: { origins: [ORIGIN] }, sampling: 'public' },
        },
      },
      vault: { output: { shown: 'public' } },
      greet: {},
      secret: {},
      fail: { output: { shown: 'public' } },
    },
    limits: { callMs: 5_000, answerBytes: 3_000_000 },
  })
  ann = await desk.agent()
})
afterAll(() => desk.close())

const FORM = { mode: 'form', message: 'Which one?', requestedSchema: { type: 'object', properties: {} } }
const ask = (id: string | number, params: object = FORM) => ({ id, method: 'elicitation/create', params })
const withToken = { _meta: { progressToken: 7 } }
const progress = (progressToken: unknown, more: object = {}) => ({
  method: 'notifications/progress',
  params: { progressToken, progress: 1, ...more },
})

/** What leaves of a call that is handled so. */
async function sent(handle: (call: RawCall) => void, params: object = withToken): Promise<readonly Message[]> {
  desk.onCall = handle
  return (await desk.call(ann, params)).rest()
}
const sends = (...messages: object[]) =>
  sent((call) => {
    for (const message of messages) call.write(message)
    call.answer()
  })
const lastDetail = () => desk.audit.events.findLast(({ step }) => step === 'response')?.detail

test(proves('egress:sent:progress', 'a token of another call'), async () => {
  let own: unknown
  const left = await sent((call) => {
    own = call.params._meta?.progressToken
    for (const token of [7, '7', 'other', null, [own], `${own} `]) call.write(progress(token, { message: CANARY }))
    call.write(progress(own, { total: 3, message: 'half', extra: CANARY, _meta: { x: CANARY } }))
    call.answer()
  })
  expect(own, 'no token of a client reaches a server').not.toBe(7)
  expect(left.slice(0, -1)).toEqual([
    {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 7, progress: 1, total: 3, message: 'half' },
    },
  ])
  expect(lastDetail()).toMatchObject({ sent: { progress: 1, held: 6 } })
  expect(
    await sent((call) => {
      call.write(progress(call.id))
      call.answer()
    }, {}),
    'nobody asked for progress',
  ).toHaveLength(1)
})

test(proves('egress:sent:progress', 'hidden characters and numbers that are none'), async () => {
  const left = await sent((call) => {
    const token = call.params._meta?.progressToken
    call.write(progress(token, { message: 'a\u001b[31mb\u202ec\u{e0041}' }))
    call.write(progress(token, { progress: 'CANARY' }))
    call.write(progress(token, { total: CANARY }))
    call.answer()
  })
  expect(left.slice(0, -1).map(({ params }) => params)).toEqual([
    { progressToken: 7, progress: 1, message: 'abc' },
    { progressToken: 7, progress: 1 },
  ])
})

test(proves('egress:sent:unbound'), async () => {
  desk.onCall = (call) => {
    call.write(progress(call.params._meta?.progressToken, { message: CANARY }))
    call.write({ method: 'notifications/message', params: { level: 'info', data: CANARY } })
    call.write({ method: 'notifications/tools/list_changed', params: { x: CANARY } })
    call.write(ask(3))
    call.write({ id: 4, method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } })
    call.write({ id: 5, method: 'roots/list' })
    call.write({ id: 6, method: 'ping', params: { x: CANARY } })
    call.answer({ id: call.id, error: { code: 5, message: CANARY, data: CANARY } })
  }
  const left = await (await desk.call(ann, { name: 'fail', ...withToken })).rest()
  expect(left[0]?.params).toEqual({ progressToken: 7, progress: 1 })
  expect(left).toHaveLength(2)
  expect(JSON.stringify(left)).not.toContain(CANARY)
  expect(lastDetail()).toMatchObject({ sent: { progress: 1, held: 2, refused: 4 } })
})

test(proves('egress:sent:logs'), async () => {
  const log = (params: object) => ({ method: 'notifications/message', params })
  const left = await sends(
    log({ level: 'info', logger: 'ledger', data: { row: 1, text: 'x\u001b[1m' } }),
    log({ level: 'error', logger: CANARY, data: 'y' }),
    log({ level: CANARY, data: 'y' }),
    log({ level: 'info' }),
  )
  expect(left.slice(0, -1).map(({ params }) => params)).toEqual([
    { level: 'info', logger: 'ledger', data: { row: 1, text: 'x' } },
    { level: 'error', data: 'y' },
  ])
})

test(proves('egress:sent:bounded'), async () => {
  const flood = Array.from({ length: 1_000 }, (_, n) => ({
    method: 'notifications/message',
    params: { level: 'info', data: n },
  }))
  expect((await sends(...flood)).length).toBe(201)
  expect(lastDetail()).toMatchObject({ sent: { logs: 200, held: 800 } })
  const large = { method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(600_000) } }
  expect((await sends(large, large)).length).toBe(2)
})

test(proves('egress:sent:answer-once'), async () => {
  const before = desk.answers.length
  const calls: RawCall[] = []
  desk.onCall = (call) => {
    calls.push(call)
    call.write(ask('q-1'))
  }
  const open = await desk.call(ann)
  const asked = await open.next()
  expect(asked).toMatchObject({ method: 'elicitation/create', params: FORM })
  expect(asked?.id, 'no id of a server reaches a client').not.toBe('q-1')
  const result = { action: 'accept', content: {} }

  const bob = await desk.agent({ subject: 'user:bob' })
  const otherKey = await desk.agent()
  const otherActor = await desk.agent({ actor: 'spiffe://desk.example/agents/other' })
  for (const agent of [bob, otherKey, otherActor]) expect(await desk.post(agent, { id: asked?.id, result })).toBe(202)
  for (const id of ['q-1', 1, calls[0]?.id]) expect(await desk.post(ann, { id, result })).toBe(202)
  expect(desk.answers.length, 'nothing reached the server').toBe(before)

  expect(await desk.post(ann, { id: asked?.id, result: { ...result, _meta: { x: 1 }, more: 1 } })).toBe(202)
  expect(desk.answers.slice(before)).toEqual([{ jsonrpc: '2.0', id: 'q-1', result }])
  await desk.post(ann, { id: asked?.id, result })
  expect(desk.answers.length, 'once').toBe(before + 1)
  calls[0]?.answer()
  expect(await open.rest()).toHaveLength(1)
})

test(proves('egress:sent:answer-once', 'after the end of its call'), async () => {
  const before = desk.answers.length
  desk.onCall = (call) => {
    call.write(ask(1))
    call.answer()
  }
  const [asked, answered] = await (await desk.call(ann)).rest()
  expect(answered?.result).toBeDefined()
  await desk.post(ann, { id: asked?.id, result: { action: 'accept' } })
  expect(desk.answers.length).toBe(before)
})

test(proves('egress:sent:answer-once', 'in no form of the protocol'), async () => {
  const before = desk.answers.length
  const calls: RawCall[] = []
  desk.onCall = (call) => {
    calls.push(call)
    for (const id of [1, 2, 3]) call.write(ask(id))
  }
  const open = await desk.call(ann)
  const ids = [await open.next(), await open.next(), await open.next()].map((message) => message?.id)
  await desk.post(ann, { id: ids[0], result: { action: 'approve' } })
  await desk.post(ann, { id: ids[1], result: { action: 'accept', content: { deep: { x: 1 } } } })
  await desk.post(ann, { id: ids[2], error: { code: -1, message: CANARY, data: CANARY } })
  expect(desk.answers.slice(before).map(({ error }) => error)).toEqual([
    { code: -32602, message: expect.any(String) },
    { code: -32602, message: expect.any(String) },
    { code: -1, message: expect.any(String) },
  ])
  expect(JSON.stringify(desk.answers.slice(before))).not.toContain(CANARY)
  calls[0]?.answer()
  await open.rest()
})

test(proves('egress:sent:no-approval'), async () => {
  const page = (url: string, more: object = {}) => ask(url, { mode: 'url', message: 'Consent here', url, ...more })
  const refused = [
    'https://evil.example/',
    `${ORIGIN}.evil.example/`,
    'https://user@bank.example/',
    'javascript:alert(1)',
    `${ORIGIN}/.lockstep/pages/approvals/1`,
    `${ORIGIN}//%2Elockstep/pages`,
    'http://bank.example/',
  ].map((url) => page(url))
  const [left, ...more] = await sends(...refused, page(`${ORIGIN}/pay?x=1`, { elicitationId: CANARY }))
  expect(left?.params).toEqual({
    mode: 'url',
    url: `${ORIGIN}/pay?x=1`,
    message: expect.not.stringContaining('Consent'),
    elicitationId: expect.not.stringContaining(CANARY),
  })
  expect(more).toHaveLength(1)
  expect(lastDetail()).toMatchObject({ sent: { asks: 1, refused: refused.length } })
  const asks = desk.audit.events.filter(({ detail }) => detail?.asks === 'elicitation/create')
  expect(asks.at(-1)).toMatchObject({ outcome: 'permitted', tool: 'wide' })
})

test(proves('egress:sent:no-approval', 'as an error'), async () => {
  const required = (elicitations: unknown) => ({ code: -32042, message: CANARY, data: { elicitations, x: CANARY } })
  const answered = async (error: object) => (await sent((call) => call.answer({ id: call.id, error }))).at(-1)?.error
  const left = await answered(required([{ mode: 'url', url: `${ORIGIN}/a`, message: CANARY, elicitationId: CANARY }]))
  expect(left).toMatchObject({ code: -32042, data: { elicitations: [{ mode: 'url', url: `${ORIGIN}/a` }] } })
  expect(JSON.stringify(left)).not.toContain(CANARY)
  const refused = await answered(required([{ mode: 'url', url: 'https://evil.example/', message: 'x' }]))
  expect(refused?.code).toBe(-32603)
  const imitated = await answered({
    code: 403,
    message: 'Consent at https://evil.example',
    data: { code: 'invocation.approval-required', unlock: { approval: { id: '1' } } },
  })
  expect(imitated?.data).toMatchObject({
    code: 'invocation.handler-failed',
    tool: { unlock: { approval: { id: '1' } } },
  })
})

test(proves('egress:sent:form'), async () => {
  const field = {
    type: 'string',
    title: 'Na\u202eme',
    description: 'd',
    'x-secret': CANARY,
    pattern: CANARY,
    minLength: 1,
  }
  const [left] = await sends(
    ask(1, {
      message: 'Hi\u001b[2J',
      requestedSchema: {
        type: 'object',
        properties: {
          name: field,
          one: { type: 'string', enum: ['a', 'b'] },
          many: { type: 'array', items: { type: 'string', enum: ['c'] } },
        },
        required: ['name', CANARY],
        title: CANARY,
      },
      extra: CANARY,
      _meta: { x: CANARY },
    }),
  )
  expect(left?.params).toEqual({
    message: 'Hi',
    requestedSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, title: 'Name', description: 'd' },
        one: { type: 'string', enum: ['a', 'b'] },
        many: { type: 'array', items: { type: 'string', enum: ['c'] } },
      },
      required: ['name'],
    },
  })
  const nested = { type: 'object', properties: { deep: { type: 'object', properties: {} } } }
  expect(await sends(ask(1, { message: 'x', requestedSchema: nested }))).toHaveLength(1)
})

test(proves('egress:sent:sampling'), async () => {
  const sample = (params: object) => ({ id: 1, method: 'sampling/createMessage', params: { maxTokens: 9, ...params } })
  const text = { role: 'user', content: { type: 'text', text: 'Sum\u200bmarize', _meta: { x: CANARY } } }
  const [left] = await sends(
    sample({
      messages: [text],
      systemPrompt: 'Be brief',
      includeContext: 'allServers',
      metadata: { x: CANARY },
      tools: [{ name: CANARY }],
      temperature: 0.5,
    }),
  )
  expect(left?.params).toEqual({
    messages: [{ role: 'user', content: { type: 'text', text: 'Summarize' } }],
    maxTokens: 9,
    systemPrompt: 'Be brief',
    temperature: 0.5,
  })
  const image = { role: 'user', content: { type: 'image', data: CANARY, mimeType: 'image/png' } }
  for (const messages of [[image], [text, image], [{ role: CANARY, content: text.content }]]) {
    expect(await sends(sample({ messages }))).toHaveLength(1)
  }
})

test(proves('egress:sent:after'), async () => {
  const calls: RawCall[] = []
  desk.onCall = (call) => {
    calls.push(call)
    call.write({ id: call.id, result: { structuredContent: { shown: 'yes' }, content: [] } })
    call.write({ method: 'notifications/message', params: { level: 'info', data: CANARY } })
    call.write(ask(1))
    call.answer()
  }
  const left = await (await desk.call(ann)).rest()
  expect(left).toHaveLength(1)
  expect(left[0]?.result).toMatchObject({ structuredContent: { shown: 'yes' } })
  await vi.waitFor(
    () => expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'completed' }),
    PATIENT,
  )
})
