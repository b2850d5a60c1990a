import { fileURLToPath } from 'node:url'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { beforeAll, expect, test } from 'vitest'
import { createAgentTransport } from '../../packages/agent/src/index.ts'
import { proves } from '../requirements/index.ts'

const RESOURCE = 'https://notes.example/mcp'
const PATIENT = { timeout: 300_000 }

let agent: Awaited<ReturnType<Awaited<ReturnType<typeof createTestIssuer>>['agent']>>
let settings: Record<string, string>
beforeAll(async () => {
  const issuer = await createTestIssuer({ audience: RESOURCE })
  agent = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/helper', expiresIn: 3_600 })
  settings = { NOTES_ISSUER: JSON.stringify(issuer.issuer) }
})

const launch = (env: Record<string, string>) => ({
  command: process.execPath,
  args: ['server.js'],
  cwd: fileURLToPath(new URL('../../examples/minimal-stdio/', import.meta.url)),
  env: { ...settings, ...env },
  stderr: 'pipe' as const,
})

/** Uses the tools of a launched server, which prints while it runs them, and ends it. */
async function use(client: Client | ClientOf2025, transport: StdioClientTransport | TransportOf2025): Promise<void> {
  let printed = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk
  })
  const { tools } = await client.listTools(undefined, PATIENT)
  expect(tools.map(({ name }) => name)).toEqual(['readNote'])
  const { structuredContent } = await client.callTool({ name: 'readNote', arguments: { id: '1' } }, undefined, PATIENT)
  expect(structuredContent).toEqual({ id: '1', text: 'Buy milk' })
  await expect.poll(() => printed).toContain('reading')
  await client.close()
}

test(proves('stdio:process', 'of 2.x, a proof for each message'), async () => {
  const launched = new StdioClientTransport(launch({ NOTES_STATE: 'memory' }))
  const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const { key, accessToken } = agent
  await client.connect(createAgentTransport(launched, { key, accessToken, resource: RESOURCE }), PATIENT)
  await use(client, launched)
}, 600_000)

test(proves('stdio:process', 'of 1.x, a proof for each message'), async () => {
  const launched = new TransportOf2025(launch({ NOTES_STATE: 'memory' }))
  const client = new ClientOf2025({ name: 'helper', version: '1' })
  const { key, accessToken } = agent
  await client.connect(createAgentTransport(launched, { key, accessToken, resource: RESOURCE }), PATIENT)
  await use(client, launched)
}, 600_000)
