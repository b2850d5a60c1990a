import { mcpAuth } from '@lockstep/express'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { serve } from './serve.ts'

/** A server of the 1.x SDK, made anew for every request. */
function createOlderServer({ lockstep, ran }: Desk): McpServer {
  const server = lockstep.guardServer(new McpServer({ name: 'desk', version: '1.0.0' }))
  server.registerTool(
    'greet',
    { description: 'Greets', inputSchema: { name: z.string().default('world'), times: z.coerce.number().default(1) } },
    async (args) => {
      ran.push({ tool: 'greet', args })
      return { structuredContent: { greeting: `hello ${args.name}`.repeat(args.times), hidden: 'CANARY' }, content: [] }
    },
  )
  return server
}

describe('a guarded server of the 1.x SDK', () => {
  let desk: Desk
  let server: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    desk = await openDesk()
    const app = express()
    app.use(mcpAuth(desk.lockstep))
    app.post('/mcp', async (request, response) => {
      const transport = new StreamableHTTPServerTransport({})
      await createOlderServer(desk).connect(transport)
      await transport.handleRequest(request, response, request.body)
    })
    server = await serve(app)
    desk.reach(server.port)
  })
  afterAll(async () => {
    await server.close()
    await desk.lockstep.close()
  })

  test.each(['2.x', '1.x'])(proves('edge:client-generations', '%s client, 1.x server'), async (generation) => {
    const { fetch } = await desk.agent()
    const url = new URL(RESOURCE)
    const client =
      generation === '2.x'
        ? new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
        : new ClientOf2025({ name: 'helper', version: '1' })
    if (client instanceof Client) await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
    else await client.connect(new TransportOf2025(url, { fetch }))
    desk.ran.splice(0)
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['greet'])
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { times: '2' } })
    expect(structuredContent).toEqual({ greeting: 'hello worldhello world' })
    expect(desk.ran).toEqual([{ tool: 'greet', args: { name: 'world', times: 2 } }])
    expect(Object.isFrozen(desk.ran[0]?.args)).toBe(true)
    await expect(client.callTool({ name: 'greet', arguments: { times: 4 } })).rejects.toThrow(/policy does not permit/)
    expect(desk.ran).toHaveLength(1)
    await client.close()
  })
})
