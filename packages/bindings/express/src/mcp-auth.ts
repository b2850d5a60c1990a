import { type Lockstep, type McpAuthOptions, startLockstep } from '@lockstep/mcp'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

/** The middleware, and the Lockstep instance behind it. */
export type McpAuth = RequestHandler & {
  /** Resolves when the configuration is loaded and checked: for `guardServer`, `guardPool` and `close`. */
  readonly lockstep: Promise<Lockstep>
}

/**
 * Guards every request that is mounted after it, except the metadata and the configured public paths: nothing passes without
 * a verified caller, only the MCP endpoint is reached, and nothing but decided and released MCP messages leaves. It reads the body
 * itself, so it stands before
 * `express.json()`; handlers find the decided message in `req.body`.
 *
 * Without an argument it finds `lockstep.config.*`; requests wait until that is loaded, and a broken configuration ends the
 * process with one message (see `docs/errors.md`, `configuration.*`). With a `Lockstep` it uses that one.
 */
export function mcpAuth(given?: Lockstep | McpAuthOptions): McpAuth {
  const lockstep = startLockstep(given)
  const middleware = (request: Request, response: Response, next: NextFunction): void => {
    lockstep
      .then(({ http }) =>
        http(request, response, (body) => {
          if (body !== undefined) request.body = body
          next()
        }),
      )
      .catch(next)
  }
  return Object.assign(middleware, { lockstep })
}
