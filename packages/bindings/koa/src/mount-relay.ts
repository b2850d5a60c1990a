import type { Relay } from '@lockstep/mcp'
import type { Middleware } from 'koa'

/**
 * Mounts a relay behind `mcpAuth()`.
 *
 * @example
 * ```ts
 * app.use(mcpAuth()).use(mountRelay(relayTo('http://127.0.0.1:8080/mcp')))
 * ```
 */
export function mountRelay(relay: Relay): Middleware {
  return async (context) => {
    context.respond = false
    await relay(context.req, context.res)
  }
}
