import { McpServer as ServerOf2025, ResourceTemplate as TemplateOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { completable, McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createExchangeContext } from '../src/exchange.ts'
import { createHandlerGuard } from '../src/guard-handler.ts'
import { declareReached } from '../src/reached/declare-reached.ts'
import { guardCompletions } from '../src/reached/guard-completions.ts'
import { validateConfiguration } from '../src/validate-configuration.ts'

const { reached } = declareReached(
  validateConfiguration(
    {
      ...{ resource: 'https://mcp.example/mcp', issuers: [{}], tools: {} },
      resourceTemplates: { note: { uri: 'note://{id}', completions: { id: { values: 'public' } } } },
      prompts: { brief: { completions: { topic: { values: 'public' } } } },
    },
    'file',
  ),
)

let ran: unknown[] = []
beforeEach(() => {
  ran = []
})
const complete = (value: string, context: unknown) => {
  ran.push([value, context])
  return ['open']
}

function serverOf2026() {
  const server = new McpServer({ name: 'a', version: '1' })
  const template = new ResourceTemplate('note://{id}', { list: undefined, complete: { id: complete } })
  server.registerResource('note', template, {}, async () => ({ contents: [] }))
  const argsSchema = z.object({ topic: completable(z.string(), complete), tone: completable(z.string(), complete) })
  server.registerPrompt('brief', { argsSchema }, async () => ({ messages: [] }))
  return server
}

function serverOf2025() {
  const server = new ServerOf2025({ name: 'a', version: '1' })
  const template = new TemplateOf2025('note://{id}', { list: undefined, complete: { id: complete } })
  server.registerResource('note', template, {}, async () => ({ contents: [] }))
  const argsSchema = { topic: completable(z.string(), complete), tone: completable(z.string(), complete) }
  server.registerPrompt('brief', { argsSchema }, async () => ({ messages: [] }))
  return server
}

const NOTE = { type: 'ref/resource', uri: 'note://{id}', requestId: 'another' } as const
const BRIEF = { type: 'ref/prompt', name: 'brief', requestId: 'another' } as const

describe.each([
  ['2.x', serverOf2026],
  ['1.x', serverOf2025],
] as const)('completers of a server of the generation %s', (_generation, open) => {
  const context = createExchangeContext()
  let isOpen = true
  const modes = { modeOf: () => 'observe' as const, isByManifest: () => false }
  const handlers = createHandlerGuard({ context, isOpen: () => isOpen, ...modes })
  const server = open()
  guardCompletions({ reached, handlers }, server)
  const ask = async (ref: typeof NOTE | typeof BRIEF, name: string, value = 'sent') => {
    const method = ref === NOTE ? 'handleResourceCompletion' : 'handlePromptCompletion'
    const run = Reflect.get(server, method) as (request: object, ref: object) => Promise<unknown>
    return run({ method: 'completion/complete', params: { ref, argument: { name, value } } }, ref)
  }
  const callOf = (tool: string) =>
    authorizedCall('user:alice', { tool, arguments: { value: 'decided', arguments: { tone: 'plain' } } })
  const within = <T>(tool: string, work: () => T): T =>
    context.run({ trace: 't', call: callOf(tool), tool, mode: 'enforce' }, work)

  test.each([
    [NOTE, 'id', 'note.id'],
    [BRIEF, 'topic', 'brief.topic'],
  ] as const)(proves('reach:completer', '%o'), async (ref, name, tool) => {
    await within(tool, async () => {
      expect(await ask(ref, name)).toMatchObject({ completion: { values: ['open'] } })
      expect(ran, 'with what was decided on').toEqual([['decided', { arguments: { tone: 'plain' } }]])
      await expect(ask(ref, name), 'once').rejects.toMatchObject({ code: 'invocation.call-closed' })
    })
    ran = []
    await expect(ask(ref, name), 'outside of a call').rejects.toMatchObject({ code: 'invocation.unguarded' })
    await within('brief', () => expect(ask(ref, name)).rejects.toMatchObject({ code: 'invocation.unguarded' }))
    isOpen = false
    await within(tool, () => expect(ask(ref, name)).rejects.toMatchObject({ code: 'invocation.call-closed' }))
    isOpen = true
    // The reference comes from the client: it names no context of another request.
    const end = context.name('another', { trace: 'o', call: callOf(tool), tool, mode: 'enforce' })
    await expect(ask(ref, name)).rejects.toMatchObject({ code: 'invocation.unguarded' })
    end()
    expect(ran).toEqual([])
    await context.run({ trace: 't', mode: 'observe' }, () => ask(ref, name))
    expect(ran, 'observed, as it came').toEqual([['sent', undefined]])
  })

  test(proves('reach:completer', 'of what is not declared'), async () => {
    for (const tool of ['brief.topic', 'brief.tone', 'brief']) {
      await within(tool, () => expect(ask(BRIEF, 'tone')).rejects.toMatchObject({ code: 'invocation.unguarded' }))
    }
    expect(ran).toEqual([])
  })
})

test(proves('reach:completer', 'of a server of another kind'), () => {
  const handlers = { guard: <H>(_: string, handler: H) => handler }
  expect(() => guardCompletions({ reached, handlers }, { handlePromptCompletion: complete })).toThrow(
    expect.objectContaining({ code: 'configuration.server-unsupported' }),
  )
})
