import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgentFetch } from '../../packages/agent/src/index.ts'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

let desk: Desk
let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  desk = await openDesk({ proof: { nonce: 'required' } })
  server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
})
afterAll(async () => {
  await server.close()
  await desk.lockstep.close()
})

test.each(['1.x', '2.x'] as const)(proves('agent:clients', '%s, where a nonce is required'), async (generation) => {
  const { key, accessToken } = await desk.agent()
  const statuses: number[] = []
  const send = createAgentFetch({
    key,
    accessToken,
    resource: RESOURCE,
    fetch: async (input, init) => {
      const response = await desk.fetch(input, init)
      statuses.push(response.status)
      return response
    },
  })
  const client =
    generation === '1.x'
      ? new ClientOf2025({ name: 'helper', version: '1' })
      : new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  if (client instanceof ClientOf2025) await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch: send }))
  else await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch: send }))
  for (const name of ['one', 'two']) {
    const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name } })
    expect(structuredContent).toEqual({ greeting: `hello ${name}` })
  }
  expect(
    statuses.filter((status) => status === 401),
    'asked for once',
  ).toHaveLength(1)
  await client.close()
})
