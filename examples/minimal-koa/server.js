import { mcpAuth } from '@lockstep/koa'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import Koa from 'koa'
import { z } from 'zod'

const app = new Koa()
const auth = mcpAuth() // finds lockstep.config.js; everything after it is guarded
const lockstep = await auth.lockstep

/** Guarding the server lets handlers run only with the arguments that were decided on. */
function createServer() {
  const server = lockstep.guardServer(new McpServer({ name: 'notes', version: '1.0.0' }))
  const inputSchema = z.object({ id: z.coerce.string().default('1') })
  server.registerTool('readNote', { description: 'Reads a note', inputSchema }, async ({ id }) => {
    const note = { id, text: 'Buy milk', draft: 'not for release' }
    return { structuredContent: note, content: [{ type: 'text', text: JSON.stringify(note) }] }
  })
  server.registerTool('deleteNote', { description: 'Deletes a note', inputSchema }, async () => {
    throw new Error('nobody may call this')
  })
  return server
}

const handle = toNodeHandler(createMcpHandler(createServer))
app.use(auth)
app.use(async (context) => {
  context.respond = false
  await handle(context.req, context.res, context.request.body)
})
export const listening = app.listen(4191, '127.0.0.1')
