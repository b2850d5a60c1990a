import type { IncomingMessage } from 'node:http'
import { isLockstepError, LockstepError, refuseUnknownOptions } from '@lockstep/core'
import { messageForUpstream } from './message-for-upstream.ts'
import { pump } from './pump.ts'
import { createRelay, type Relay, type SendOn } from './relay.ts'
import { createRelaySessions } from './relay-sessions.ts'

/** How an upstream server is reached. */
export interface RelayOptions {
  /** Headers of every request to it, as its own credentials. A function is asked anew for each. */
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>)
  /** Sends the requests: for a proxy, or a certificate. @defaultValue Node's `fetch` */
  readonly fetch?: typeof fetch
}

/** What of a client's own headers an upstream is sent: all of them mirror the message, against which the guard held them. */
const MIRRORED = /^mcp-(protocol-version|method|name|param-[a-z0-9-]+)$/
const SESSION = 'mcp-session-id'
const PLAIN = /^[\x20-\x7e]{1,256}$/
/** Answers that say something about the request or its session; any other is a failure of the upstream. */
const PASSING = new Set([200, 202, 204, 400, 404, 405, 406])
const CARRIED = /^(application\/json|text\/event-stream)\b/i

/**
 * Relays to an MCP server over Streamable HTTP that cannot be changed. It is sent the message that was decided on, never the client's bytes; no
 * access token, proof, transaction token or cookie of the client reaches it. Redirects are not followed. Where it fails, answers what is no MCP,
 * or breaks off, the client is told `execution.upstream-failed` and nothing else.
 *
 * @throws TypeError for a URL that is not http or https, or holds credentials
 *
 * @example
 * ```ts
 * app.use(mcpAuth())
 * app.all('/mcp', relayTo('http://127.0.0.1:8080/mcp'))
 * ```
 */
export function relayTo(url: string | URL, options: RelayOptions = {}): Relay {
  refuseUnknownOptions(options, ['headers', 'fetch'], 'relayTo()')
  const target = new URL(url)
  if (!/^https?:$/.test(target.protocol) || target.username !== '' || target.password !== '') {
    throw new TypeError('relayTo() takes an http or https URL without credentials')
  }
  const { headers: own = {}, fetch: send = fetch } = options
  const sessions = createRelaySessions()

  const sendOn: SendOn = async (request, response, relayed) => {
    const { message, exchange, over } = relayed
    const session = request.headers[SESSION]
    if (session !== undefined && !sessions.isOf(session, exchange.caller)) {
      response.writeHead(404)
      return void response.end()
    }
    const headers = new Headers(mirroredHeaders(request))
    if (typeof session === 'string') headers.set(SESSION, session)
    const resumed = request.headers['last-event-id']
    if (request.method === 'GET' && typeof resumed === 'string' && PLAIN.test(resumed)) {
      headers.set('last-event-id', resumed)
    }
    headers.set('accept', request.method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream')
    // What is decompressed has no bound that the upstream's bytes tell.
    headers.set('accept-encoding', 'identity')
    if (message) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(typeof own === 'function' ? await own() : own)) headers.set(name, value)

    const answer = await reach(send, target, {
      method: request.method ?? 'POST',
      headers,
      redirect: 'manual',
      signal: over,
      ...(message ? { body: JSON.stringify(messageForUpstream(message)) } : {}),
    })
    const type = answer.headers.get('content-type') ?? ''
    const carries = CARRIED.test(type)
    if (!PASSING.has(answer.status) || (answer.status === 200 && message !== undefined && !carries)) {
      await answer.body?.cancel().catch(() => undefined)
      throw new LockstepError('execution.upstream-failed')
    }
    if (session !== undefined && (answer.status === 404 || request.method === 'DELETE')) sessions.end(session)
    const opened = answer.headers.get(SESSION)
    if (opened !== null && sessions.begin(opened, exchange.caller)) response.setHeader(SESSION, opened)
    response.writeHead(answer.status, carries ? { 'content-type': type } : {})
    if (answer.body && carries) {
      try {
        await pump(answer.body, response, over)
      } catch (cause) {
        throw new LockstepError('execution.upstream-failed', undefined, { cause })
      }
    } else await answer.body?.cancel()
    response.end()
  }
  return createRelay(sendOn, async () => sessions.endAll())
}

async function reach(send: typeof fetch, target: URL, init: RequestInit): Promise<Response> {
  try {
    return await send(target, init)
  } catch (cause) {
    // What does not connect, is too slow or has a head beyond Node's bound.
    throw isLockstepError(cause) ? cause : new LockstepError('execution.upstream-failed', undefined, { cause })
  }
}

function mirroredHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      MIRRORED.test(name) && typeof value === 'string' && PLAIN.test(value) ? [[name, value]] : [],
    ),
  )
}
