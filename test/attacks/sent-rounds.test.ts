import type { TestAgent } from '@lockstep/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Message, openSendingDesk, type RawCall, type SendingDesk } from '../fixtures/desk/sending-desk.ts'
import { proves } from '../requirements/index.ts'

const CANARY = 'CANARY'
const SHOWN = { output: { shown: 'public' } } as const
const ASKS = { asks: { form: 'public', sampling: 'public' } } as const
let desk: SendingDesk
let ann: TestAgent
/** What the server was given, call by call. */
const given: RawCall['params'][] = []
beforeAll(async () => {
  desk = await openSendingDesk({
    tools: {
      wide: { ...SHOWN, sends: ASKS },
      vault: SHOWN,
      greet: { sends: ASKS },
      secret: {},
      fail: { ...SHOWN, sends: ASKS },
    },
  })
  ann = await desk.agent()
})
afterAll(() => desk.close())

const VERSION = '2026-07-28'
const meta = (capabilities: object = { elicitation: {}, sampling: {} }) => ({
  _meta: {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'helper', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  },
})
const FORM = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Which?\u202e', requestedSchema: { type: 'object', properties: {} } },
}
const required = (inputRequests: object | undefined, more: object = {}) => ({
  resultType: 'input_required',
  ...(inputRequests ? { inputRequests } : {}),
  ...more,
})

/** One round: what the server answers, and what left. */
async function round(
  result: object,
  params: object = {},
  { agent = ann, headers = {} }: { agent?: TestAgent; headers?: Record<string, string> } = {},
): Promise<Message> {
  desk.onCall = ({ id, params: got, answer }) => {
    given.push(got)
    answer({ id, result })
  }
  const named = { name: 'wide', ...meta(), ...params }
  const modern = { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/call', 'mcp-name': named.name, ...headers }
  const [left] = await (await desk.call(agent, named, modern)).rest()
  return left ?? {}
}
const DONE = { resultType: 'complete', structuredContent: { shown: 'yes' }, content: [] }
const accept = { action: 'accept', content: { a: 'b' } }

test(proves('egress:sent:rounds'), async () => {
  const first = await round(required({ [CANARY]: FORM }, { requestState: `${CANARY} state`, _meta: { x: CANARY } }))
  expect(first.result).toEqual({
    resultType: 'input_required',
    inputRequests: {
      'input-1': {
        method: 'elicitation/create',
        params: { mode: 'form', message: 'Which?', requestedSchema: { type: 'object', properties: {}, required: [] } },
      },
    },
    requestState: expect.any(String),
  })
  expect(JSON.stringify(first)).not.toContain(CANARY)
  expect(desk.audit.events.at(-1)).toMatchObject({ outcome: 'completed', detail: { asks: 1, round: 1 } })

  const requestState = first.result?.requestState
  const inputResponses = { 'input-1': { ...accept, _meta: { x: 1 } }, approval: accept, [CANARY]: accept }
  const second = await round(DONE, { requestState, inputResponses })
  expect(second.result).toMatchObject({ structuredContent: { shown: 'yes' } })
  expect(given.at(-1)).toMatchObject({ inputResponses: { [CANARY]: accept }, requestState: `${CANARY} state` })
  expect(Object.keys(given.at(-1)?.inputResponses as object)).toEqual([CANARY])
  expect(
    desk.audit.events.filter(({ step, outcome }) => step === 'invocation' && outcome === 'permitted'),
  ).toHaveLength(2)
})

test(proves('egress:sent:round-state'), async () => {
  const { result } = await round(required({ one: FORM }, { requestState: 'own' }))
  const requestState = String(result?.requestState)
  const bob = await desk.agent({ subject: 'user:bob' })
  const otherKey = await desk.agent()
  const runs = given.length
  const code = async (params: object, agent = ann) => (await round(DONE, params, { agent })).error?.data?.code
  const INVALID = 'invocation.request-state-invalid'
  const inputResponses = { 'input-1': accept }
  const [head, ...rest] = requestState.split('.')
  expect(await code({ requestState, inputResponses }, otherKey)).toBe(INVALID)
  expect(await code({ requestState, inputResponses }, bob)).toMatch(
    /invocation\.denied|request-state-invalid|tool-unknown/,
  )
  expect(await code({ requestState, inputResponses, name: 'fail' })).toBe(INVALID)
  expect(await code({ requestState: 'own', inputResponses })).toBe(INVALID)
  expect(await code({ requestState: { x: 1 }, inputResponses })).toBe(INVALID)
  expect(await code({ requestState: [head?.slice(0, -2), ...rest].join('.'), inputResponses })).toBe(INVALID)
  expect(given.length, 'none of them ran').toBe(runs)
  expect((await round(DONE, { requestState, inputResponses })).result).toMatchObject({
    structuredContent: { shown: 'yes' },
  })
  expect(await code({ requestState, inputResponses }), 'once').toBe(INVALID)
  expect(given.length).toBe(runs + 1)
  const answersAlone = await round(DONE, { inputResponses })
  expect(answersAlone.result).toBeDefined()
  expect(given.at(-1), 'answers to nothing stay behind').not.toHaveProperty('inputResponses')
})

test(proves('egress:sent:round-state', 'under one key'), async () => {
  const headers = { 'idempotency-key': 'rounds-1' }
  const first = await round(required({ one: FORM }), {}, { headers })
  const runs = given.length
  expect((await round(DONE, {}, { headers })).result, 'the first round again').toEqual(first.result)
  const next = { requestState: first.result?.requestState, inputResponses: { 'input-1': accept } }
  expect((await round(DONE, next, { headers })).result).toMatchObject({ structuredContent: { shown: 'yes' } })
  expect((await round(required({ one: FORM }), next, { headers })).result, 'the second again').toMatchObject({
    structuredContent: { shown: 'yes' },
  })
  expect(given.length).toBe(runs + 1)
})

test(proves('egress:sent:round-unbound'), async () => {
  const UNBOUND = 'execution.message-unbound'
  const code = async (result: object, params: object = {}) => {
    const left = await round(result, params)
    expect(JSON.stringify(left)).not.toContain(CANARY)
    return left.error?.data?.code
  }
  const page = { method: 'elicitation/create', params: { mode: 'url', message: CANARY, url: 'https://evil.example/' } }
  expect(await code(required({ one: FORM, two: page }))).toBe(UNBOUND)
  expect(await code(required({ approval: page }))).toBe(UNBOUND)
  expect(await code(required({ one: { method: 'roots/list' } }))).toBe(UNBOUND)
  expect(await code(required({ one: { method: CANARY } }))).toBe(UNBOUND)
  expect(await code(required(undefined))).toBe(UNBOUND)
  expect(await code(required(undefined, { requestState: CANARY.repeat(5_000) }))).toBe(UNBOUND)
  // What the client could answer, and the tool may not ask for: the whole round stays.
  const able = meta({ elicitation: { form: {}, url: {} }, sampling: {}, roots: {} })
  expect(await code(required({ one: FORM }), able)).toBeUndefined()
  for (const two of [page, { method: 'roots/list' }, { ...FORM, params: { mode: 'form', message: 7 } }]) {
    expect(await code(required({ one: FORM, two }), able)).toBe(UNBOUND)
  }
  expect(await code(required({ one: FORM }), meta({}))).toBe(UNBOUND)
  expect(await code(required({ one: FORM }), meta({ elicitation: { url: {} } }))).toBe(UNBOUND)
  expect(desk.audit.events.at(-1)).toMatchObject({ step: 'response', outcome: 'failed', code: UNBOUND })
  let { result } = await round(required(undefined, { requestState: 'n' }))
  for (let number = 2; number <= 16; number += 1) {
    result = (await round(required(undefined, { requestState: 'n' }), { requestState: result?.requestState })).result
  }
  expect(await code(required(undefined, { requestState: 'n' }), { requestState: result?.requestState })).toBe(UNBOUND)
})
