import { Client } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { McpServer as McpServerOf2025 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport as StreamsOf2025 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { type Line, openLine, proofFor, signed } from '../fixtures/stdio/open-line.ts'
import { proves } from '../requirements/index.ts'

let desk: Desk
let agent: Awaited<ReturnType<Desk['agent']>>
beforeAll(async () => {
  desk = await openDesk()
  agent = await desk.agent()
})
afterAll(() => desk.lockstep.close())
beforeEach(() => void desk.ran.splice(0))

/** The environment that a client of this agent launches the process with. */
async function launched(of = agent) {
  return { LOCKSTEP_ACCESS_TOKEN: of.accessToken, LOCKSTEP_DPOP_PROOF: await proofFor(of, RESOURCE) }
}

/** How servers are put behind the guarded transport. */
const SERVERS = {
  'server.connect()': (line: Line) => desk.lockstep.guardServer(desk.createServer()).connect(line.transport),
  '1.x server.connect()': (line: Line) => desk.lockstep.guardServer(olderDesk()).connect(line.transport),
  'serveStdio()': async (line: Line) =>
    void serveStdio(() => desk.lockstep.guardServer(desk.createServer()), { transport: line.transport }),
}
/** The same tools on a server of 1.x. */
function olderDesk(): McpServerOf2025 {
  const server = new McpServerOf2025({ name: 'desk', version: '1' })
  const answer = (structuredContent: Record<string, unknown>) => ({ structuredContent, content: [] })
  const inputSchema = { name: z.string().default('world'), times: z.coerce.number().int().default(1) }
  server.registerTool('greet', { inputSchema }, async ({ name }) => {
    desk.ran.push({ tool: 'greet', args: { name } })
    return answer({ greeting: `hello ${name}` })
  })
  for (const name of ['wide', 'vault', 'fail', 'secret']) {
    server.registerTool(name, {}, async () => {
      desk.ran.push({ tool: name, args: undefined })
      return answer({ shown: 'yes', hidden: 'CANARY' })
    })
  }
  return server
}
const CLIENTS = {
  '1.x': async (line: Line) => {
    const client = new ClientOf2025({ name: 'helper', version: '1' })
    await client.connect(new StreamsOf2025(line.output, line.input))
    return client
  },
  '2.x': async (line: Line) => {
    const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StdioServerTransport(line.output, line.input))
    return client
  },
}

describe.each(Object.entries(SERVERS))('behind %s', (name, serve) => {
  test.each(Object.entries(CLIENTS))(proves('stdio:clients', `${name}, a client of %s`), async (_, connect) => {
    const environment = await launched()
    const line = openLine(desk.lockstep, environment, false)
    expect(environment, 'nothing of it is left').toEqual({})
    await serve(line)
    const client = await connect(line)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['greet', 'wide', 'vault', 'fail'])
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: 'line' } })
    expect(structuredContent).toEqual({ greeting: 'hello line' })
    expect((await client.callTool({ name: 'wide', arguments: {} })).structuredContent).toEqual({ shown: 'yes' })
    await expect(client.callTool({ name: 'greet', arguments: { times: 9 } })).rejects.toThrow(/policy does not permit/)
    await expect(client.callTool({ name: 'secret', arguments: {} })).rejects.toThrow(/no such tool/)
    expect(desk.ran.map(({ tool }) => tool)).toEqual(['greet', 'wide'])
    await client.close()
  })
})

test(proves('stdio:own-credentials'), async () => {
  const line = openLine(desk.lockstep)
  await SERVERS['server.connect()'](line)
  line.send(
    await signed(agent, RESOURCE, { id: 1, method: 'tools/call', params: { name: 'greet', arguments: { name: 'x' } } }),
  )
  expect((await line.answer(1)).result?.structuredContent).toEqual({ greeting: 'hello x' })
  line.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'greet', arguments: {} } })
  expect((await line.answer(2)).error?.data).toMatchObject({ code: 'gateway.credentials-missing', status: 401 })
  expect(desk.ran).toHaveLength(1)
})
