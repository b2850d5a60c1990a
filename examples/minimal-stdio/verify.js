import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { createAgentTransport } from '@lockstep/agent'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/stdio.js'

const resource = 'https://notes.example/mcp'
const issuer = await createTestIssuer({ audience: resource })
const { key, accessToken } = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/helper' })
const settings = { NOTES_ISSUER: JSON.stringify(issuer.issuer) }
const launch = (env) => ({
  command: process.execPath,
  args: ['server.js'],
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  env: { ...settings, ...env },
  stderr: 'ignore',
})

async function verify(client) {
  const { tools } = await client.listTools()
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['readNote'],
    'deleteNote is permitted to nobody, so it is not there',
  )
  const { structuredContent } = await client.callTool({ name: 'readNote', arguments: { id: '1' } })
  assert.deepEqual(structuredContent, { id: '1', text: 'Buy milk' }, 'the draft is not bound to a release')
  await assert.rejects(client.callTool({ name: 'deleteNote', arguments: { id: '1' } }), /there is no such tool/)
  await client.close()
}

// An agent that proves every message.
const agent = new Client({ name: 'helper', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
await agent.connect(createAgentTransport(new StdioClientTransport(launch({})), { key, accessToken, resource }))
await verify(agent)

// A client without credentials.
const nobody = new ClientOf2025({ name: 'helper', version: '1.0.0' })
await assert.rejects(nobody.connect(new TransportOf2025(launch({}))), /no access token was sent/)
await nobody.close()

console.log('minimal-stdio: 4 passed, 0 failed')
