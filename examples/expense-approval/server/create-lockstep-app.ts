import { mcpAuth } from '@lockstep/express'
import type { Lockstep } from '@lockstep/mcp'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import express, { type Express } from 'express'

/** The handlers behind Lockstep. Clients of both protocol eras are served: the handler answers 2025 clients without sessions. */
export function createLockstepApp(lockstep: Lockstep, createServer: () => McpServer): Express {
  const app = express()
  const handle = toNodeHandler(createMcpHandler(() => lockstep.guardServer(createServer())))
  // A tool that the configuration does not declare stops the start, not the first call.
  lockstep.guardServer(createServer())
  app.get('/health', (_request, response) => void response.json({ status: 'ok' }))
  app.use(mcpAuth(lockstep))
  app.all('/mcp', (request, response) => handle(request, response, request.body))
  return app
}
