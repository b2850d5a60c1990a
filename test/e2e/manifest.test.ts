import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import { McpServer as McpServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer } from '@modelcontextprotocol/server'
import supertest from 'supertest'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { listManifest } from '../fixtures/list-manifest.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa } from './serve.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function writeManifest(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-manifest-'))
  stops.push(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'tools.json')
  await writeFile(file, text)
  return file
}

/** The manifest of the desk as it is. */
async function deskManifest(): Promise<string> {
  const desk = await openDesk()
  const text = await listManifest(desk.createServer())
  await desk.lockstep.close()
  return text
}

async function open(manifest?: string): Promise<Desk> {
  const desk = await openDesk(manifest === undefined ? {} : { manifest })
  stops.push(() => desk.lockstep.close())
  return desk
}

async function post(app: ReturnType<typeof onExpress>, { accessToken, key }: TestAgent, args: object) {
  const response = await supertest(app)
    .post('/mcp')
    .set({
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      authorization: `DPoP ${accessToken}`,
      dpop: await signProof(key, { method: 'POST', url: RESOURCE, accessToken }),
    })
    .send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: args } })
  const text = response.text.startsWith('{') ? response.text : (/^data: (\{.*)$/m.exec(response.text)?.[1] ?? '{}')
  return { status: response.status, message: JSON.parse(text) }
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('the first call of a process, whose servers are made per request, on %s', (framework, mount) => {
  const first = async (args: object, manifest?: string) => {
    const desk = await open(manifest)
    const app = mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer()))
    return { desk, app, ...(await post(app, await desk.agent(), args)) }
  }

  test(proves('edge:manifest:first-call', framework), async () => {
    const without = await first({})
    expect(without.status, 'nobody knows the arguments that the policy reads').toBe(503)
    expect(without.desk.ran).toEqual([])

    const manifest = await writeManifest(await deskManifest())
    const { desk, message } = await first({ times: 2 }, manifest)
    expect(message.result?.structuredContent).toEqual({ greeting: 'hello worldhello world' })
    expect(desk.ran).toEqual([{ tool: 'greet', args: { name: 'world', times: 2 } }])

    const refused = await first({ times: 4 }, manifest)
    expect(refused.status).toBe(403)
    const invalid = await first({ times: 'many' }, manifest)
    expect(invalid.message.error?.message).toMatch(/`times`/)
    expect([...refused.desk.ran, ...invalid.desk.ran]).toEqual([])
  })

  test(proves('edge:manifest:own-schema', framework), async () => {
    // The server's own schema drops what it does not know, and the manifest cannot say so: nothing but what was decided on runs.
    const manifest = await writeManifest(await deskManifest())
    const { desk, app, message } = await first({ times: 1, more: 'x' }, manifest)
    expect(message.result?.structuredContent).toBeUndefined()
    expect(desk.ran).toEqual([])
    // From then on the server's own schema parses.
    const second = await post(app, await desk.agent(), { times: '1', more: 'x' })
    expect(second.message.result?.structuredContent).toEqual({ greeting: 'hello world' })
    expect(desk.ran).toEqual([{ tool: 'greet', args: { name: 'world', times: 1 } }])
  })
})

describe('a server that is not as the manifest says', () => {
  const shape = { name: z.string().default('world'), times: z.coerce.number().int().default(1) }
  const greet = (inputSchema?: z.ZodObject) => {
    const server = new McpServer({ name: 'desk', version: '1.0.0' })
    server.registerTool(
      'greet',
      { description: 'Another description', ...(inputSchema && { inputSchema }) },
      async () => {
        return { content: [] }
      },
    )
    return server
  }
  const differs = expect.objectContaining({ code: 'configuration.manifest-differs' })

  test(proves('edge:manifest:registration'), async () => {
    const { lockstep } = await open(await writeManifest(await deskManifest()))
    lockstep.guardServer(greet(z.object(shape)))
    // The same in another order, and by the older SDK.
    lockstep.guardServer(greet(z.object({ times: shape.times, name: shape.name })))
    const older = new McpServerOf2025({ name: 'desk', version: '1.0.0' })
    older.registerTool('greet', { inputSchema: shape }, async () => ({ content: [] }))
    lockstep.guardServer(older)
    for (const changed of [
      z.object({ ...shape, cc: z.string().optional() }),
      z.object({ name: shape.name }),
      z.object({ ...shape, times: z.string() }),
      z.object({ ...shape, name: z.string() }),
      z.strictObject(shape),
      undefined,
    ]) {
      expect(() => lockstep.guardServer(greet(changed))).toThrow(differs)
    }
    // A tool of the configuration that the manifest does not know.
    const { lockstep: shorter } = await open(await writeManifest('{"tools":[]}'))
    expect(() => shorter.guardServer(greet(z.object(shape)))).toThrow(differs)
    // A schema of a library that cannot say what it accepts.
    const silent = new McpServerOf2025({ name: 'desk', version: '1.0.0' })
    Reflect.set(silent, '_registeredTools', {
      greet: { inputSchema: { '~standard': { validate: () => ({ value: {} }) } }, handler: () => 1, update: () => 1 },
    })
    expect(() => lockstep.guardServer(silent)).toThrow(differs)
  })

  test(proves('edge:manifest:broken'), async () => {
    const tool = (inputSchema: string, name = 'greet') => `{"name":"${name}","inputSchema":${inputSchema}}`
    const deep = (levels: number): string => (levels === 0 ? '{}' : `{"properties":{"a":${deep(levels - 1)}}}`)
    const broken: readonly (readonly [string, RegExp])[] = [
      ['', /no JSON document/],
      ['[]', /no list `tools`/],
      ['{"tools":{}}', /no list `tools`/],
      ['{"tools":[],"nextCursor":"x"}', /one page of several/],
      ['{"tools":[{"name":""}]}', /\/tools\/0\/name/],
      ['{"tools":[{"name":"greet"}]}', /\/tools\/0\/inputSchema/],
      [`{"tools":[${tool('{}')},${tool('{}')}]}`, /\/tools\/1\/name stands there twice/],
      [`{"tools":[${tool('{"a":1,"a":2}')}]}`, /no JSON document/],
      [`{"tools":[${tool(deep(40))}]}`, /no JSON document/],
      [`{"tools":[${tool('{"type":"object","if":{}}')}]}`, /cannot be checked against \/tools\/0\/inputSchema/],
    ]
    for (const [text, says] of broken) {
      const opening = openDesk({ manifest: await writeManifest(text) })
      await expect(opening, text).rejects.toMatchObject({ code: 'configuration.manifest-invalid', message: says })
    }
    await expect(openDesk({ manifest: '/nowhere/tools.json' })).rejects.toThrow(/there is no such file/)
    // What the configuration does not name exists for nobody, so nothing is checked against it.
    await open(await writeManifest(`{"tools":[${tool('{"type":"object","if":{}}', 'unnamed')}]}`))
  })
})
