import type { ServerResponse } from 'node:http'
import type { GuardedRequest, HttpGuard } from './create-http-guard.ts'
import { targetOf } from './verify-request.ts'

/** Serves one request, for `createServer` of `node:http` or `node:https`, and for Express. Never rejects. */
export type TokenServiceListener = (request: GuardedRequest, response: ServerResponse) => Promise<void>

const HEALTH = '/health'
const METADATA = '/.well-known/oauth-protected-resource'
const OWN = '/.lockstep/'

/**
 * Creates the transaction token service as a server of its own: what issues tokens, publishes their keys and takes consent to the calls that they
 * are for, with nothing behind it. Everything else is not found, whoever asks. `/health` answers 200 where the configuration leaves it public.
 *
 * The tools name where they run (`service`), and that server names this one (`transactions`).
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createLockstep, createTokenService } from '@lockstep/mcp'
 * import configuration from './lockstep.config.ts'
 *
 * createServer(createTokenService(await createLockstep(configuration))).listen(8080)
 * ```
 */
export function createTokenService({ http }: { readonly http: HttpGuard }): TokenServiceListener {
  return async (request, response) => {
    const path = targetOf(request).split('?', 1)[0] ?? '/'
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const isOwn = path.startsWith(OWN) || path === METADATA || path.startsWith(`${METADATA}/`) || path === HEALTH
    if (!isOwn) return answer(404, { error: 'not_found' })
    try {
      await http(request, response, () => {
        if (path === HEALTH) answer(200, { status: 'ok' })
        else answer(404, { error: 'not_found' })
      })
    } catch {
      // Nothing behind it can fail; what is left is a response that was torn down.
      response.destroy()
    }
  }
}
