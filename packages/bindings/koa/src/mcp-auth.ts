import { type Lockstep, type McpAuthOptions, startLockstep } from '@lockstep/mcp'
import type { Context, Middleware, Next } from 'koa'

/** The middleware, and the Lockstep instance behind it. */
export type McpAuth = Middleware & {
  /** Resolves when the configuration is loaded and checked: for `guardServer`, `guardPool` and `close`. */
  readonly lockstep: Promise<Lockstep>
}

/**
 * Guards every request that is mounted after it, except the metadata and the configured public paths: nothing passes without
 * a verified caller, only the MCP endpoint is reached, and nothing but decided and released MCP messages leaves. It reads the body
 * itself, so it stands before
 * any body parser; handlers find the decided message in `ctx.request.body`.
 *
 * Without an argument it finds `lockstep.config.*`; requests wait until that is loaded, and a broken configuration ends the
 * process with one message (see `docs/errors.md`, `configuration.*`). With a `Lockstep` it uses that one.
 */
export function mcpAuth(given?: Lockstep | McpAuthOptions): McpAuth {
  const lockstep = startLockstep(given)
  const middleware = async (context: Context, next: Next): Promise<void> => {
    const { http } = await lockstep
    let passed = false
    // `req.url` is what is left of the URL where an application is mounted in another.
    const request = Object.assign(context.req, { originalUrl: context.originalUrl })
    await http(request, context.res, (body) => {
      passed = true
      if (body !== undefined) Object.assign(context.request, { body })
      return next()
    })
    // What the guard answered itself is already on its way; Koa must not answer again.
    if (!passed) context.respond = false
  }
  return Object.assign(middleware, { lockstep })
}
