import type { JsonObject, JsonValue } from '@lockstep/core'
import type { Job } from '@lockstep/mcp'
import { createMemoryState } from '@lockstep/stores/memory'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createTaskSessionFromClient } from '@modelcontextprotocol/ext-tasks/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const MODERN = '2026-07-28'
const EXTENSION = 'io.modelcontextprotocol/tasks'
const understood = { extensions: { [EXTENSION]: {} } }
type Agent = Awaited<ReturnType<Desk['agent']>>

let desk: Desk
let server: Awaited<ReturnType<typeof serve>>
let ann: Agent
/** What runs the jobs of tasks. */
let work: (job: Job) => Promise<JsonObject> = async ({ call }) => ({ greeting: `hello ${call.arguments.name}` })
let start = (grant: string): void => void desk.lockstep.job(grant, (job) => work(job))
const greet = async ({ call }: Job) => ({ greeting: `hello ${call.arguments.name}`, secret: 'CANARY' })
const atOnce = (grant: string): void => void desk.lockstep.job(grant, (job) => work(job))
const state = createMemoryState({ clock: Date.now })

beforeAll(async () => {
  desk = await openDesk({ state: { open: async () => ({ ...state, close: async () => {} }) } })
  server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
  desk.lockstep.onTask('greet', (grant) => start(grant))
  ann = await desk.agent()
})
beforeEach(() => {
  desk.ran.length = 0
  work = greet
  start = atOnce
})
afterEach(() => expect(desk.ran, 'the handler of the server never runs').toEqual([]))
afterAll(async () => {
  await server.close()
  await desk.lockstep.close()
})

interface Answer {
  readonly status: number
  readonly result?: JsonObject & { readonly taskId?: string; readonly task?: { readonly taskId: string } }
  readonly error?: { readonly code: number; readonly data?: JsonObject }
}

async function post(message: JsonObject, headers: Record<string, string> = {}, agent = ann): Promise<Answer> {
  const response = await agent.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  })
  const text = await response.text()
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? '{}')
  return { status: response.status, ...(JSON.parse(json) as Omit<Answer, 'status'>) }
}

/** One request of 2025-11-25. */
const older = (method: string, params: JsonObject, agent = ann) =>
  post({ method, params }, { 'mcp-protocol-version': '2025-11-25' }, agent)

/** One request of 2026-07-28. */
const modern = (method: string, params: JsonObject, agent = ann, capabilities: JsonObject = understood) => {
  const named = params.name ?? params.taskId
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': { name: 'helper', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  }
  const mirrored = { 'mcp-protocol-version': MODERN, 'mcp-method': method }
  const headers = typeof named === 'string' ? { ...mirrored, 'mcp-name': named } : mirrored
  return post({ method, params: { ...params, _meta: meta } }, headers, agent)
}

const call = { name: 'greet', arguments: { name: 'ann' } }
async function created(agent = ann): Promise<string> {
  const { result, error } = await modern('tools/call', call, agent)
  expect(error).toBeUndefined()
  expect(result).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 3_600_000 })
  return result?.taskId ?? ''
}
const ended = (taskId: string) =>
  expect.poll(async () => (await modern('tasks/get', { taskId })).result?.status, PATIENT)

describe(proves('tasks:clients'), () => {
  test('1.x, of 2025-11-25', async () => {
    const client = new ClientOf2025({ name: 'helper', version: '1' })
    await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch: ann.fetch }))
    const { tools } = await client.listTools()
    expect(tools.find(({ name }) => name === 'greet')?.execution).toEqual({ taskSupport: 'optional' })
    expect(tools.find(({ name }) => name === 'vault')?.execution?.taskSupport).not.toBe('optional')
    const seen: string[] = []
    let structured: unknown
    for await (const message of client.experimental.tasks.callToolStream(call)) {
      seen.push(message.type)
      if (message.type === 'error') throw message.error
      if (message.type === 'result' && 'structuredContent' in message.result) {
        structured = message.result.structuredContent
        expect(message.result._meta).toMatchObject({ 'io.modelcontextprotocol/related-task': {} })
      }
    }
    expect([seen[0], seen.at(-1)]).toEqual(['taskCreated', 'result'])
    expect(structured, 'released like every answer of the tool').toEqual({ greeting: 'hello ann' })

    let leave: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      work = async ({ signal }) => {
        resolve()
        await new Promise<void>((done) => {
          leave = done
          signal.addEventListener('abort', () => done())
        })
        return { greeting: 'too late' }
      }
    })
    const stream = client.experimental.tasks.callToolStream(call)
    const first = await stream.next()
    const taskId = first.value?.type === 'taskCreated' ? first.value.task.taskId : ''
    await begun
    expect(await client.experimental.tasks.cancelTask(taskId)).toMatchObject({ taskId, status: 'cancelled' })
    leave()
    await expect(client.experimental.tasks.cancelTask(taskId)).rejects.toThrow(/no such task/)
    await expect(client.experimental.tasks.getTaskResult(taskId)).rejects.toThrow(/is over/)
    await stream.return(undefined)
    await client.close()
  })

  test('2.x, by the extension for 2026-07-28', async () => {
    const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch: ann.fetch }))
    expect(client.getServerCapabilities()?.extensions).toMatchObject({ [EXTENSION]: {} })
    const session = createTaskSessionFromClient(client, {
      endpointId: 'desk',
      v2RequestFraming: {
        protocolVersion: MODERN,
        clientInfo: { name: 'helper', version: '1' },
        clientCapabilities: understood,
      },
      rawDispatch: async (request) => {
        const { method, params } = request as { method: string; params: JsonObject }
        const named = params.name ?? params.taskId
        const { result, error } = await post(request as JsonObject, {
          'mcp-protocol-version': MODERN,
          'mcp-method': method,
          ...(typeof named === 'string' ? { 'mcp-name': named } : {}),
        })
        return error
          ? { kind: 'error', error: { code: error.code, message: 'refused', data: error.data as JsonValue } }
          : { kind: 'result', result: result ?? {} }
      },
    })
    const execution = await session.callTool('greet', { name: 'ann' })
    const { outcome } = await execution.settle()
    expect(JSON.stringify(outcome)).toContain('hello ann')
    expect(JSON.stringify(outcome)).not.toContain('CANARY')
    await session.close()
    await client.close()
  })
})

test(proves('tasks:created'), async () => {
  start = () => undefined
  const taskId = await created()
  expect(await modern('tasks/get', { taskId })).toMatchObject({ result: { resultType: 'complete', status: 'working' } })
  expect(await modern('tasks/update', { taskId, inputResponses: { x: {} } })).toMatchObject({
    result: { resultType: 'complete' },
  })
  const kept = await state.jobs.get(taskId)
  expect(kept).toMatchObject({ state: 'waiting', subject: 'user:ann', tool: 'greet', mostStarts: 1 })
  const { result } = await older('tools/call', { ...call, task: { ttl: 60_000 } })
  expect(result?.task).toMatchObject({ status: 'working', ttl: 60_000, pollInterval: 1_000 })
  const before = (await state.jobs.open()).length
  for (const refusal of [
    () => modern('tools/call', { name: 'greet', arguments: { times: 9 } }),
    () => modern('tools/call', { name: 'greet', arguments: { times: 'x' } }),
    () => modern('tools/call', { name: 'secret', arguments: {} }),
  ]) {
    expect((await refusal()).error).toBeDefined()
  }
  expect((await state.jobs.open()).length, 'what is refused becomes no task').toBe(before)
  start = () => {
    throw new Error('CANARY: the queue is down')
  }
  const failed = await modern('tools/call', call)
  expect(failed.error?.data?.code).toBe('invocation.handler-failed')
  expect(JSON.stringify(failed)).not.toContain('CANARY')
  expect((await state.jobs.open()).length, 'nor what nobody runs').toBe(before)
})

test(proves('tasks:once'), async () => {
  const grants: string[] = []
  start = (grant) => void grants.push(grant)
  const headers = { 'mcp-protocol-version': '2025-11-25', 'idempotency-key': 'one' }
  const message = { method: 'tools/call', params: { ...call, task: {} } }
  const first = await post(message, headers)
  expect((await post(message, headers)).result).toEqual(first.result)
  expect(grants).toHaveLength(1)
})

test(proves('tasks:own'), async () => {
  const taskId = await created()
  await ended(taskId).toBe('completed')
  const others = [
    await desk.agent({ subject: 'user:bob' }),
    await desk.agent({ actor: 'spiffe://desk.example/agents/other' }),
  ]
  const unknown = `task-${'A'.repeat(32)}`
  start = () => undefined
  const waiting = await created()
  for (const agent of others) {
    for (const [method, id] of [
      ['tasks/get', taskId],
      ['tasks/cancel', waiting],
      ['tasks/update', waiting],
    ] as const) {
      const theirs = await modern(method, { taskId: id }, agent)
      expect(theirs, 'as a task that is not there').toEqual(await modern(method, { taskId: unknown }, ann))
      expect(theirs).toMatchObject({ error: { code: -32602, data: { code: 'invocation.task-unknown' } } })
    }
    expect(await older('tasks/result', { taskId }, agent)).toEqual(await older('tasks/result', { taskId: unknown }))
  }
  expect(await state.jobs.get(waiting)).toMatchObject({ state: 'waiting' })
  for (const id of [7, null, '', `${taskId} `, {}]) {
    const { error } = await older('tasks/get', { taskId: id })
    expect(error?.code).toBe(-32602)
  }
})

test(proves('tasks:own', 'a job that is no task is none'), async () => {
  let id = ''
  start = (grant) =>
    void desk.lockstep.job(grant, async () => {
      await desk.lockstep.grant({ purpose: 'something of our own' })
      id = (await state.jobs.open()).find(({ purpose }) => purpose === 'something of our own')?.id ?? ''
      return {}
    })
  await ended(await created()).toBe('completed')
  expect(await state.jobs.get(id)).toMatchObject({ subject: 'user:ann' })
  expect((await modern('tasks/get', { taskId: id })).error?.data?.code).toBe('invocation.task-unknown')
})

describe(proves('tasks:reauthorized'), () => {
  test('when it starts', async () => {
    let grant = ''
    start = (given) => {
      grant = given
    }
    const taskId = await created()
    await desk.lockstep.revoke({ permission: 'greet' }, 'a drill')
    let ran = false
    const outcome = await desk.lockstep.job(grant, async () => {
      ran = true
    })
    expect([outcome, ran]).toEqual([{ ok: false, code: 'invocation.denied', mayRetry: false }, false])
    await desk.lockstep.restore({ permission: 'greet' }, 'it is over')
    expect((await modern('tasks/get', { taskId })).result).toMatchObject({
      status: 'failed',
      error: { data: { code: 'invocation.denied' } },
    })
    const older2025 = await older('tasks/result', { taskId })
    expect(older2025.error?.data?.code).toBe('invocation.denied')
  })

  test('when its result is fetched', async () => {
    const taskId = await created()
    await ended(taskId).toBe('completed')
    expect((await modern('tasks/get', { taskId })).result).toMatchObject({
      result: { structuredContent: { greeting: 'hello ann' } },
    })
    const stronger = await desk.agent({ acr: 'urn:desk:mfa' })
    expect((await modern('tasks/get', { taskId }, stronger)).result, 'another authority').toMatchObject({
      status: 'failed',
      error: { data: { code: 'invocation.denied' } },
    })
  })
})

test(proves('tasks:failed'), async () => {
  work = () => Promise.reject(new Error('CANARY of row 17'))
  const taskId = await created()
  await ended(taskId).toBe('failed')
  const answer = await modern('tasks/get', { taskId })
  expect(answer.result).toMatchObject({ error: { code: -32603, data: { code: 'invocation.handler-failed' } } })
  expect(JSON.stringify(answer)).not.toContain('CANARY')
})

test(proves('tasks:cancelled'), async () => {
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let code: unknown
  work = ({ signal }) =>
    new Promise(() => {
      begin()
      signal.addEventListener('abort', () => {
        code = signal.reason.code
      })
    })
  const taskId = await created()
  await begun
  expect((await modern('tasks/cancel', { taskId })).result).toEqual({ resultType: 'complete' })
  expect(code, 'the running job is over at once').toBe('invocation.call-closed')
  expect((await modern('tasks/get', { taskId })).result).toMatchObject({ status: 'cancelled' })
  expect((await modern('tasks/cancel', { taskId })).result).toEqual({ resultType: 'complete' })
  let grant = ''
  start = (given) => {
    grant = given
  }
  const waiting = await created()
  await modern('tasks/cancel', { taskId: waiting })
  expect(await desk.lockstep.job(grant, () => ({}))).toMatchObject({ ok: false, code: 'invocation.call-closed' })
})

describe(proves('tasks:eras'), () => {
  test('nobody is given a task who does not understand it', async () => {
    const taskId = await created()
    const plain = await modern('tasks/get', { taskId }, ann, {})
    expect(plain.error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { extensions: { [EXTENSION]: {} } } },
    })
    expect((await modern('tasks/result', { taskId })).error?.code).toBe(-32601)
    expect((await older('tasks/update', { taskId })).error?.code).toBe(-32601)
    expect((await older('tasks/list', {})).error?.code).toBe(-32601)
    for (const answer of [await modern('tools/call', call, ann, {}), await older('tools/call', call)]) {
      expect(answer.result?.structuredContent).toEqual({ greeting: 'hello ann' })
    }
    expect(desk.ran.splice(0), 'the handler ran').toHaveLength(2)
    const { error } = await modern('tasks/get', { taskId: 'other' })
    expect(error?.code).toBe(-32602)
  })

  test('the header names the task', async () => {
    const taskId = await created()
    const mirrored = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tasks/get' }
    const message = { method: 'tasks/get', params: { taskId } }
    expect((await post(message, { ...mirrored, 'mcp-name': 'task-other' })).error?.code).toBe(-32020)
    expect((await post(message, mirrored)).error?.code).toBe(-32020)
  })

  test('where no tool has tasks they are what they were: not there', async () => {
    const other = await openDesk()
    const served = await serve(onExpress(other.lockstep, () => other.lockstep.guardServer(other.createServer())))
    other.reach(served.port)
    const agent = await other.agent()
    expect((await modern('tasks/get', { taskId: `task-${'A'.repeat(32)}` }, agent)).error?.code).toBe(-32601)
    const { result } = await older(
      'tools/call',
      { name: 'greet', arguments: { name: 'ann', times: 1 }, task: {} },
      agent,
    )
    expect(result?.structuredContent).toEqual({ greeting: 'hello ann' })
    const offered = await older(
      'initialize',
      { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'helper', version: '1' } },
      agent,
    )
    expect(offered.result?.capabilities).not.toHaveProperty('tasks')
    await served.close()
    await other.lockstep.close()
  })
})

test('misuse is refused', () => {
  expect(() => desk.lockstep.onTask('noSuchTool', () => undefined)).toThrow('`noSuchTool`')
  expect(() => desk.lockstep.onTask('greet', JSON.parse('{}'))).toThrow(TypeError)
})
