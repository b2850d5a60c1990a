import { mcpAuth } from '@lockstep/express'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { z } from 'zod'

/** A server that knows nothing of Lockstep. */
function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const inputSchema = { id: z.string() }
  server.registerTool('readNote', { description: 'Reads a note', inputSchema }, async ({ id }) => {
    const note = { id, text: 'Buy milk', draft: 'not for release' }
    return { structuredContent: note, content: [{ type: 'text', text: JSON.stringify(note) }] }
  })
  server.registerTool('deleteNote', { description: 'Deletes a note', inputSchema }, async () => {
    throw new Error('nobody may call this')
  })
  return server
}

const app = express()
const auth = mcpAuth() // finds lockstep.config.js; everything after it is guarded
app.use(auth)
app.post('/mcp', async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await createServer().connect(transport)
  await transport.handleRequest(request, response, request.body)
})

await auth.lockstep
export const listening = app.listen(4195, '127.0.0.1')
