import { startLockstep } from '@lockstep/mcp'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

/** A server that knows nothing of Lockstep. */
function createServer() {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const inputSchema = z.object({ id: z.string() })
  server.registerTool('readNote', { description: 'Reads a note', inputSchema }, async ({ id }) => {
    console.log('reading') // goes to standard error: standard output is for messages alone
    const note = { id, text: 'Buy milk', draft: 'not for release' }
    return { structuredContent: note, content: [{ type: 'text', text: JSON.stringify(note) }] }
  })
  server.registerTool('deleteNote', { description: 'Deletes a note', inputSchema }, async () => {
    throw new Error('nobody may call this')
  })
  return server
}

const lockstep = await startLockstep() // finds lockstep.config.js
const transport = lockstep.stdio({ onEnd: () => lockstep.close() })
serveStdio(() => lockstep.guardServer(createServer()), { transport })
