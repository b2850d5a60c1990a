import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('official clients against %s', (framework, mount) => {
  let desk: Desk
  let server: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    desk = await openDesk()
    server = await serve(mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
    desk.reach(server.port)
  })
  afterAll(async () => {
    await server.close()
    await desk.lockstep.close()
  })

  test(proves('edge:client-generations', `2.x on ${framework}`), async () => {
    const { fetch } = await desk.agent()
    const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch }))
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['greet', 'wide', 'vault', 'fail'])
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: 'modern' } })
    expect(structuredContent).toEqual({ greeting: 'hello modern' })
    await expect(client.callTool({ name: 'greet', arguments: { times: 9 } })).rejects.toThrow(/policy does not permit/)
    await client.close()
  })

  test(proves('edge:client-generations', `1.x on ${framework}`), async () => {
    const { fetch } = await desk.agent()
    const client = new ClientOf2025({ name: 'helper', version: '1' })
    await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch }))
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['greet', 'wide', 'vault', 'fail'])
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: 'older' } })
    expect(structuredContent).toEqual({ greeting: 'hello older' })
    await expect(client.callTool({ name: 'greet', arguments: { times: 9 } })).rejects.toThrow(/policy does not permit/)
    await client.close()
  })
})
