import type { JsonObject } from '@lockstep/core'
import type { TestAgent } from '@lockstep/testing'
import { McpServer as ServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onExpress, serve } from '../e2e/serve.ts'
import { RESOURCE } from '../fixtures/desk/desk.ts'
import { openShelf, type Shelf } from '../fixtures/shelf/shelf.ts'
import { openLine, signed } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'

let shelf: Shelf
let server: Awaited<ReturnType<typeof serve>>
let ann: TestAgent
beforeAll(async () => {
  shelf = await openShelf({ limits: { bodyBytes: 16_384 } })
  shelf.lockstep.guardServer(shelf.createServer())
  server = await serve(onExpress(shelf.lockstep, () => shelf.lockstep.guardServer(shelf.createServer())))
  shelf.reach(server.port)
  ann = await shelf.agent()
})
afterAll(async () => {
  await server.close()
  await shelf.lockstep.close()
})
beforeEach(() => void shelf.ran.splice(0))

/** Sends what no client would. */
async function ask(method: string, params: JsonObject, headers: Record<string, string> = {}) {
  const response = await ann.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  })
  const text = await response.text()
  const body = JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null'))
  return { status: response.status, body, code: body?.error?.data?.code as string | undefined }
}
const read = (uri: string, headers?: Record<string, string>) => ask('resources/read', { uri }, headers)

test(proves('reach:uri:one-spelling', 'over HTTP'), async () => {
  for (const uri of [
    'note://open/..%2Fclosed%2F1',
    'note://open/%2E%2E',
    'note://open/../closed/1',
    'note://closed/../open/1',
    'note://closed%2F..%2Fopen/1',
    'note://open/1%00',
    'note://open/1%252e',
    'note://open\\1',
    'note://open/1?shelf=closed',
    'note://open/1#/closed/1',
    'note://open/1/',
    'note://op%65n/1',
    'NOTE://open/1',
    'note:open/1',
    'note:///open/1',
    'note://open/1\u202e',
    'note://{shelf}/{id}',
    `note://open/${'1'.repeat(3000)}`,
    'file:///etc/passwd',
    '',
  ]) {
    const { code, body } = await read(uri)
    expect({ uri, code, error: body.error?.code }).toEqual({ uri, code: 'discovery.tool-unknown', error: -32602 })
  }
  for (const params of [
    {},
    { uri: 7 },
    { uri: ['note://open/1'] },
    { name: 'note', arguments: { shelf: 'open', id: '1' } },
  ]) {
    expect((await ask('resources/read', params as JsonObject)).code).toBe('discovery.tool-unknown')
  }
  expect(shelf.ran).toEqual([])
  expect((await read('note://open/1')).body.result.contents).toHaveLength(1)
})

test(proves('reach:hidden'), async () => {
  const answer = async (method: string, params: JsonObject, headers?: Record<string, string>) => {
    const { status, body } = await ask(method, params, headers)
    return { status, body }
  }
  for (const headers of [{}, { 'txn-token': 'x' }, { 'idempotency-key': 'one' }] as Record<string, string>[]) {
    const missing = await answer('resources/read', { uri: 'nowhere://7' }, headers)
    expect(missing.body.error.data.code).toBe('discovery.tool-unknown')
    expect(await answer('resources/read', { uri: 'diary://7' }, headers)).toEqual(missing)
    for (const args of [{}, { topic: 'x' }, { topic: 7 }, [], 'x', { __proto__: 1 }] as JsonObject[string][]) {
      const none = await answer('prompts/get', { name: 'nowhere', arguments: args }, headers)
      expect(await answer('prompts/get', { name: 'hiddenReport', arguments: args }, headers)).toEqual(none)
      expect(none.body.error.data.code).toBe('discovery.tool-unknown')
    }
  }
  const complete = (ref: JsonObject) => answer('completion/complete', { ref, argument: { name: 'topic', value: '' } })
  const none = await complete({ type: 'ref/prompt', name: 'nowhere' })
  expect(none.body.error.data.code).toBe('discovery.tool-unknown')
  for (const ref of [
    { type: 'ref/prompt', name: 'hiddenReport' },
    { type: 'ref/prompt', name: 'greet' },
    { type: 'ref/resource', uri: 'diary://{id}' },
    { type: 'ref/resource', uri: 'note://open/1' },
    { type: 'ref/other', name: 'brief' },
    {},
  ])
    expect(await complete(ref), JSON.stringify(ref)).toEqual(none)
  expect(shelf.ran).toEqual([])
})

test(proves('reach:hidden', 'by another method'), async () => {
  for (const [method, params] of [
    ['tools/call', { name: 'brief', arguments: { topic: 'bees' } }],
    ['tools/call', { name: 'note', arguments: { shelf: 'open', id: '1' } }],
    ['tools/call', { name: 'note.shelf', arguments: { value: 'o', arguments: {} } }],
    ['prompts/get', { name: 'greet', arguments: {} }],
    ['prompts/get', { name: 'note', arguments: { shelf: 'open', id: '1' } }],
    ['resources/read', { uri: 'brief' }],
  ] as const) {
    expect((await ask(method, params)).code, method).toBe('discovery.tool-unknown')
  }
  expect((await ask('prompts/get', { name: 'constructor' })).code).toBe('discovery.tool-unknown')
  expect((await ask('constructor', {})).code).toBe('discovery.method-unsupported')
  expect(shelf.ran).toEqual([])
})

test(proves('reach:prompt', 'arguments that are no texts, or hide something'), async () => {
  for (const args of [{ topic: 7 }, { topic: ['a'] }, { topic: null }, ['a'], 'a'] as JsonObject[string][]) {
    for (const name of ['brief', 'report']) {
      expect((await ask('prompts/get', { name, arguments: args })).code).toBe('invocation.arguments-invalid')
    }
  }
  expect(shelf.ran).toEqual([])
  const { body } = await ask('prompts/get', {
    name: 'brief',
    arguments: { topic: 'be\u200bes\u{e0041}\u202e\u001b[31m' },
  })
  expect(body.result.messages[0].content.text).toBe('Brief me on bees.')
  expect(shelf.ran).toEqual([{ tool: 'brief', args: { topic: 'be\u200bes\u{e0041}\u202e\u001b[31m', tone: 'plain' } }])
})

test(proves('reach:released', 'what is sent beside'), async () => {
  const { body } = await ask('resources/read', {
    uri: 'note://open/1',
    arguments: { shelf: 'closed' },
    inputResponses: {},
    requestState: undefined as never,
    task: {},
  })
  expect(shelf.ran).toEqual([{ tool: 'note', args: { shelf: 'open', id: '1' } }])
  expect(JSON.stringify(body)).not.toContain('CANARY')
  expect(Object.keys(body.result)).toEqual(['contents'])
})

test(proves('reach:subscriptions'), async () => {
  for (const method of ['resources/subscribe', 'resources/unsubscribe', 'subscriptions/listen']) {
    const { code, body } = await ask(method, { uri: 'note://open/1' })
    expect({ code, error: body.error.code }).toEqual({ code: 'discovery.method-unsupported', error: -32601 })
  }
  const announcing = () =>
    shelf.lockstep.guardServer(
      new McpServer({ name: 'shelf', version: '1' }, { capabilities: { resources: { subscribe: true } } }),
    )
  const clientInfo = { name: 'raw', version: '1' }
  const { body } = await behind(announcing, () =>
    ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }),
  )
  expect(body.result.capabilities.resources).toEqual({ listChanged: true })
})

test(proves('reach:released', 'as notifications'), async () => {
  for (const [method, params] of [
    ['resources/read', { uri: 'note://open/1' }],
    ['prompts/get', { name: 'brief', arguments: { topic: 'bees' } }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'brief' }, argument: { name: 'topic', value: '' } }],
    ['resources/list', {}],
  ] as const) {
    const response = await ann.fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', method, params }),
    })
    expect({ method, status: response.status }).toEqual({ method, status: 400 })
  }
  expect(shelf.ran).toEqual([])
})

/** Serves another server for a while, which nothing guards but the edge. */
async function behind<T>(create: () => McpServer, work: () => Promise<T>): Promise<T> {
  const other = await serve(onExpress(shelf.lockstep, create))
  shelf.reach(other.port)
  try {
    return await work()
  } finally {
    shelf.reach(server.port)
    await other.close()
  }
}

test(proves('reach:lists', 'of a server that nobody guards'), async () => {
  const create = () => {
    const own = new McpServer({ name: 'own', version: '1' })
    const run = () => ({ contents: [], messages: [] })
    for (const name of ['greet', 'note', 'other', 'brief']) own.registerPrompt(name, { description: 'CANARY' }, run)
    own.registerResource('brief', 'note://other', { description: 'CANARY' }, run)
    own.registerResource('rules', 'note://closed/1', { description: 'CANARY' }, run)
    own.registerResource('CANARY', 'note://rules', {}, run)
    own.registerResource('a', new ResourceTemplate('note://rules{x}', { list: undefined }), {}, run)
    own.registerResource('note', new ResourceTemplate('note://{+x}', { list: undefined }), {}, run)
    return own
  }
  await behind(create, async () => {
    const named = async (method: string, member: string) =>
      (await ask(method, {})).body.result[member].map(({ name }: { name: string }) => name)
    expect(await named('prompts/list', 'prompts')).toEqual(['brief'])
    expect(await named('resources/list', 'resources')).toEqual(['rules'])
    expect(await named('resources/templates/list', 'resourceTemplates')).toEqual([])
  })
})

test(proves('reach:guarded', 'with other arguments than were decided on'), async () => {
  const create = () => {
    const own = shelf.lockstep.guardServer(shelf.createServer())
    const { brief } = Reflect.get(own, '_registeredPrompts')
    const { note } = Reflect.get(own, '_registeredResourceTemplates')
    const { handler } = brief
    const { readCallback } = note
    brief.handler = (_args: object, ...rest: object[]) => handler({ topic: 'forbidden' }, ...rest)
    note.readCallback = (_uri: URL, _variables: object, ...rest: object[]) =>
      readCallback(new URL('note://closed/1'), { shelf: 'closed', id: '1' }, ...rest)
    return own
  }
  await behind(create, async () => {
    const { body } = await ask('prompts/get', { name: 'brief', arguments: { topic: 'bees' } })
    expect(body.result).toBeUndefined()
    expect(shelf.ran).toEqual([])
    expect((await read('note://open/1')).body.result.contents).toHaveLength(1)
    expect(shelf.ran).toEqual([{ tool: 'note', args: { shelf: 'open', id: '1' } }])
  })
  shelf.ran.splice(0)
  const line = openLine(shelf.lockstep)
  await create().connect(line.transport)
  const asked = { id: 1, method: 'prompts/get', params: { name: 'brief', arguments: { topic: 'bees' } } }
  line.send(await signed(ann, RESOURCE, asked))
  expect((await line.answer(1)).result, 'over stdio').toBeUndefined()
  expect(shelf.ran).toEqual([])
})

test(proves('reach:lists', 'while discovery observes'), async () => {
  const watched = await openShelf({ mode: { discovery: 'observe' } })
  const other = await serve(onExpress(watched.lockstep, () => watched.lockstep.guardServer(watched.createServer())))
  watched.reach(other.port)
  const [before, agent] = [ann, await watched.agent()]
  ann = agent
  const { body } = await ask('resources/templates/list', {})
  const prompts = await ask('prompts/list', {})
  ann = before
  await other.close()
  await watched.lockstep.close()
  const names = (listed: { name: string }[]) => listed.map(({ name }) => name)
  expect(names(body.result.resourceTemplates)).toEqual(['note', 'diary', 'sealed', 'picture'])
  expect(names(prompts.body.result.prompts)).toEqual(['brief', 'report', 'hiddenReport'])
})

describe.each([
  ['2.x', () => new McpServer({ name: 'a', version: '1' })],
  ['1.x', () => new ServerOf2025({ name: 'a', version: '1' })],
])('a server of %s', (generation, create) => {
  const by = (what: string) => proves('reach:guarded', `${what}, ${generation}`)
  type Registering = Record<'registerResource' | 'registerPrompt' | 'registerTool', (...given: unknown[]) => unknown>
  const registering = (one: object) => one as Registering
  const nothing = async () => ({ contents: [], messages: [], content: [] })

  test(by('undeclared'), () => {
    const ways: [string, (one: Registering) => unknown][] = [
      ['a resource', (one) => one.registerResource('other', 'note://other', {}, nothing)],
      ['another URI', (one) => one.registerResource('rules', 'note://other', {}, nothing)],
      [
        'a template in the place of a URI',
        (one) => one.registerResource('rules', new ResourceTemplate('note://{x}', { list: undefined }), {}, nothing),
      ],
      [
        'another template',
        (one) => one.registerResource('note', new ResourceTemplate('note://{+x}', { list: undefined }), {}, nothing),
      ],
      ['a prompt', (one) => one.registerPrompt('other', {}, nothing)],
      ['a prompt that is a tool', (one) => one.registerPrompt('greet', {}, nothing)],
      ['a tool that is a prompt', (one) => one.registerTool('brief', {}, nothing)],
      ['a tool that is a completion', (one) => one.registerTool('note.shelf', {}, nothing)],
    ]
    for (const [what, register] of ways) {
      const guarded = create()
      shelf.lockstep.guardServer(guarded)
      expect(() => register(registering(guarded)), what).toThrow(/configuration\.tool-undeclared/)
      const late = create()
      register(registering(late))
      expect(() => shelf.lockstep.guardServer(late), what).toThrow(/configuration\.tool-undeclared/)
    }
  })

  test(by('outside of a call'), async () => {
    const guarded = shelf.lockstep.guardServer(generation === '2.x' ? shelf.createServer() : shelf.createOlderServer())
    const kept = (name: string) =>
      Reflect.get(guarded, name) as Record<string, Record<string, (...args: unknown[]) => unknown>>
    const uri = new URL('note://open/1')
    const runs: (() => unknown)[] = [
      () => kept('_registeredResources')['note://rules']?.readCallback?.(new URL('note://rules'), {}),
      () => kept('_registeredResourceTemplates').note?.readCallback?.(uri, { shelf: 'open', id: '1' }, {}),
      () => {
        const { brief } = kept('_registeredPrompts')
        return (brief?.callback ?? brief?.handler)?.({ topic: 'bees' }, {})
      },
    ]
    for (const run of runs) await expect((async () => run())()).rejects.toThrow(/invocation\.unguarded/)
    expect(shelf.ran).toEqual([])
  })
})
