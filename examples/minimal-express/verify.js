import assert from 'node:assert/strict'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { issuer } from './issuer.js'
import { listening } from './server.js'

const agent = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/helper' })
const url = new URL('http://127.0.0.1:4195/mcp')
const client = new Client({ name: 'helper', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(url, { fetch: agent.fetch }))

const { tools } = await client.listTools()
assert.deepEqual(
  tools.map(({ name }) => name),
  ['readNote'],
  'deleteNote is permitted to nobody, so it is not there',
)
const { structuredContent } = await client.callTool({ name: 'readNote', arguments: { id: '1' } })
assert.deepEqual(
  structuredContent,
  { id: '1', text: 'Buy milk' },
  'the draft is not bound to a release, so it is withheld',
)
await assert.rejects(client.callTool({ name: 'deleteNote', arguments: { id: '1' } }), /there is no such tool/)
assert.equal((await fetch(url, { method: 'POST' })).status, 401, 'nothing passes without a token')

await client.close()
listening.close()
console.log('minimal-express: 4 passed, 0 failed')
