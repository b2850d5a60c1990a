import assert from 'node:assert/strict'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { issuer } from './issuer.js'
import { listening } from './server.js'

const agent = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/helper' })
const url = new URL('http://127.0.0.1:4191/mcp')
const client = new Client({ name: 'helper', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
await client.connect(new StreamableHTTPClientTransport(url, { fetch: agent.fetch }))

const { tools } = await client.listTools()
assert.deepEqual(
  tools.map(({ name }) => name),
  ['readNote'],
  'deleteNote is permitted to nobody, so it is not there',
)
const { structuredContent } = await client.callTool({ name: 'readNote', arguments: {} })
assert.deepEqual(structuredContent, { id: '1', text: 'Buy milk' }, 'the schema gave the id; the draft is withheld')
await assert.rejects(client.callTool({ name: 'deleteNote', arguments: {} }), /there is no such tool/)
const other = await issuer.agent({ subject: 'user:ann', actor: 'spiffe://example.org/agents/other' })
const stranger = new Client({ name: 'other', version: '1.0.0' })
await stranger.connect(new StreamableHTTPClientTransport(url, { fetch: other.fetch }))
assert.deepEqual((await stranger.listTools()).tools, [], 'the same person through another agent sees nothing')

await client.close()
await stranger.close()
listening.close()
console.log('minimal-koa: 4 passed, 0 failed')
