import { mcpAuth } from '@lockstep/express'
import type { TestAgent } from '@lockstep/testing'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RESOURCE } from '../fixtures/desk/desk.ts'
import { openShelf, PIXEL, type Shelf } from '../fixtures/shelf/shelf.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

/** Serves a server of the 1.x SDK. */
function onOlderServer({ lockstep, createOlderServer }: Shelf) {
  const app = express()
  app.use(mcpAuth(lockstep))
  app.post('/mcp', async (request, response) => {
    const transport = new StreamableHTTPServerTransport({})
    await lockstep.guardServer(createOlderServer()).connect(transport)
    await transport.handleRequest(request, response, request.body)
  })
  return app
}

const MOUNTS = {
  Express: (shelf: Shelf) => onExpress(shelf.lockstep, () => shelf.lockstep.guardServer(shelf.createServer())),
  Koa: (shelf: Shelf) => onKoa(shelf.lockstep, () => shelf.lockstep.guardServer(shelf.createServer())),
  'a 1.x server': onOlderServer,
}

async function connect(generation: '1.x' | '2.x', { fetch }: TestAgent) {
  const url = new URL(RESOURCE)
  if (generation === '1.x') {
    const client = new ClientOf2025({ name: 'helper', version: '1' })
    await client.connect(new TransportOf2025(url, { fetch }))
    return client
  }
  const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
  return client
}

describe.each(
  Object.entries(MOUNTS).flatMap(([mount, listen]) =>
    (['1.x', '2.x'] as const).map((generation) => [generation, mount, listen] as const),
  ),
)('a %s client of %s', (generation, mount, listen) => {
  let shelf: Shelf
  let server: Awaited<ReturnType<typeof serve>>
  let client: Awaited<ReturnType<typeof connect>>
  beforeAll(async () => {
    shelf = await openShelf()
    // The first server teaches the schemas.
    shelf.lockstep.guardServer(shelf.createServer())
    server = await serve(listen(shelf))
    shelf.reach(server.port)
    client = await connect(generation, await shelf.agent())
  })
  afterAll(async () => {
    await client.close()
    await server.close()
    await shelf.lockstep.close()
  })
  beforeEach(() => void shelf.ran.splice(0))
  const by = `${generation}, ${mount}`

  test(proves('reach:lists', by), async () => {
    const { resources } = await client.listResources()
    expect(resources.map(({ uri, name, description }) => [uri, name, description])).toEqual([
      ['note://rules', 'rules', 'The rules of the house'],
      ['note://open/1', 'note', undefined],
      ['note://open/2', 'note', undefined],
    ])
    expect(JSON.stringify(resources)).not.toContain('CANARY')
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate, name }) => [uriTemplate, name])).toEqual([
      ['note://{shelf}/{id}', 'note'],
      ['sealed://{id}', 'sealed'],
      ['picture://{id}', 'picture'],
    ])
    expect(resourceTemplates.map(({ _meta }) => Object(_meta?.['lockstep/capability']).state)).toEqual([
      'usable',
      'locked',
      'usable',
    ])
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name, arguments: args = [] }) => [name, args.map((one) => one.name)])).toEqual([
      ['brief', ['topic', 'tone']],
      ['report', []],
    ])
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['greet'])
  })

  test(proves('reach:resource', by), async () => {
    const { contents, ...rest } = await client.readResource({ uri: 'note://open/caf%C3%A9' })
    const args = { shelf: 'open', id: 'café' }
    expect(contents).toEqual([
      { uri: 'note://open/caf%C3%A9', mimeType: 'text/plain', text: `note ${JSON.stringify(args)}` },
    ])
    expect(JSON.stringify(rest)).not.toContain('CANARY')
    expect(shelf.ran).toEqual([{ tool: 'note', args }])
    expect(Object.isFrozen(shelf.ran[0]?.args)).toBe(true)
    const rules = await client.readResource({ uri: 'note://rules' })
    expect(rules).toMatchObject({ contents: [{ uri: 'note://rules', text: 'rules {}' }] })
    // Their server says that everybody may keep them, where the protocol has words for that.
    const isCacheable = generation === '2.x' && mount !== 'a 1.x server'
    expect([rules.cacheScope, rules.ttlMs]).toEqual(isCacheable ? ['private', 0] : [undefined, undefined])
    await expect(client.readResource({ uri: 'note://closed/1' })).rejects.toThrow(/policy does not permit/)
    await expect(client.readResource({ uri: 'diary://7' })).rejects.toThrow(/there is no such/)
    expect(shelf.ran.map(({ tool }) => tool)).toEqual(['note', 'rules'])
    const decided = shelf.audit.events.filter(({ tool, step }) => tool === 'note' && step === 'invocation')
    expect(decided.map(({ outcome }) => outcome)).toEqual(['permitted', 'denied'])
  })

  test(proves('reach:released', `blob, ${by}`), async () => {
    const { contents } = await client.readResource({ uri: 'picture://1' })
    expect(contents).toEqual([{ uri: 'picture://1', mimeType: 'image/png', blob: PIXEL }])
  })

  test(proves('reach:prompt', by), async () => {
    const { messages, description } = await client.getPrompt({ name: 'brief', arguments: { topic: 'bees' } })
    expect(messages).toEqual([
      { role: 'user', content: { type: 'text', text: 'Brief me on bees.' } },
      { role: 'assistant', content: { type: 'text', text: 'Gladly.' } },
    ])
    expect(description).toBeUndefined()
    expect(shelf.ran).toEqual([{ tool: 'brief', args: { topic: 'bees', tone: 'plain' } }])
    for (const [topic, says] of [
      ['forbidden', /policy does not permit/],
      ['x'.repeat(41), /do not fit/],
    ] as const) {
      await expect(client.getPrompt({ name: 'brief', arguments: { topic } })).rejects.toThrow(says)
    }
    await expect(client.getPrompt({ name: 'hiddenReport' })).rejects.toThrow(/there is no such/)
    expect(shelf.ran).toHaveLength(1)
    expect((await client.getPrompt({ name: 'report' })).messages).toEqual([
      { role: 'assistant', content: { type: 'text', text: '{"shown":"yes"}' } },
      { role: 'user', content: { type: 'image', mimeType: 'image/png', data: PIXEL } },
    ])
  })

  test(proves('reach:completion', by), async () => {
    const complete = async (ref: Parameters<typeof client.complete>[0]['ref'], name: string, value = 'o') =>
      (await client.complete({ ref, argument: { name, value } })).completion.values
    const note = { type: 'ref/resource' as const, uri: 'note://{shelf}/{id}' }
    expect(await complete(note, 'shelf')).toEqual(['open', 'open ended'])
    expect(await complete({ type: 'ref/prompt', name: 'brief' }, 'topic')).toEqual(['open', 'open ended'])
    expect(shelf.ran).toHaveLength(2)
    expect(await complete(note, 'id')).toEqual([])
    expect(await complete({ type: 'ref/prompt', name: 'brief' }, 'tone'), 'declared, and not permitted').toEqual([])
    expect(await complete({ type: 'ref/prompt', name: 'report' }, 'topic')).toEqual([])
    await expect(complete({ type: 'ref/prompt', name: 'hiddenReport' }, 'topic')).rejects.toThrow(/there is no such/)
    await expect(complete({ type: 'ref/resource', uri: 'diary://{id}' }, 'id')).rejects.toThrow(/there is no such/)
    expect(shelf.ran).toHaveLength(2)
  })
})
