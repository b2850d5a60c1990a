import { once } from 'node:events'
import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcpAuth as expressAuth } from '@lockstep/express'
import { mcpAuth as koaAuth } from '@lockstep/koa'
import type { Lockstep } from '@lockstep/mcp'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import express from 'express'
import Koa from 'koa'

/** How one framework mounts Lockstep before an MCP handler. */
export type Mount = (lockstep: Lockstep, createServer: () => McpServer, parsedBody?: boolean) => RequestListener

/** The handler behind `app.use(mcpAuth())` on Express. Without `parsedBody` it reads the stream itself. */
export const onExpress: Mount = (lockstep, createServer, parsedBody = true) => {
  const app = express()
  const handle = toNodeHandler(createMcpHandler(createServer))
  app.use(expressAuth(lockstep))
  app.get('/health', (_request, response) => void response.json({ status: 'ok' }))
  app.all('/mcp', (request, response) => handle(request, response, parsedBody ? request.body : undefined))
  return app
}

/** The same on Koa. */
export const onKoa: Mount = (lockstep, createServer, parsedBody = true) => {
  const app = new Koa()
  const handle = toNodeHandler(createMcpHandler(createServer))
  app.use(koaAuth(lockstep))
  app.use(async (context) => {
    if (context.path === '/health') {
      context.body = { status: 'ok' }
      return
    }
    context.respond = false
    const { body } = context.request as { body?: unknown }
    await handle(context.req as Parameters<typeof handle>[0], context.res, parsedBody ? body : undefined)
  })
  return app.callback()
}

/** Serves a listener at a free port. */
export async function serve(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<{ close(): Promise<void>; port: number }> {
  const server = createServer(options, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
