import { type Agent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { LockstepError, refuseUnknownOptions } from '@lockstep/core'
import { messageForUpstream } from './message-for-upstream.ts'
import { pump } from './pump.ts'
import { createRelay, type Relay, type SendOn } from './relay.ts'
import { createRelaySessions } from './relay-sessions.ts'

/** How an upstream server is reached. */
export interface RelayOptions {
  /** Headers of every request to it, as its own credentials. A function is asked anew for each. */
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>)
  /** Opens the connections, also for a certificate: an `Agent` of `node:http` or `node:https`. @defaultValue Node's own */
  readonly agent?: Agent
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
  refuseUnknownOptions(options, ['headers', 'agent'], 'relayTo()')
  const target = new URL(url)
  if (!/^https?:$/.test(target.protocol) || target.username !== '' || target.password !== '') {
    throw new TypeError('relayTo() takes an http or https URL without credentials')
  }
  const { headers: own = {}, agent } = options
  const sessions = createRelaySessions()

  const sendOn: SendOn = async (request, response, relayed) => {
    const { message, exchange, over } = relayed
    const session = request.headers[SESSION]
    if (session !== undefined && !sessions.isOf(session, exchange.caller)) {
      response.writeHead(404)
      return void response.end()
    }
    const headers = mirroredHeaders(request)
    if (typeof session === 'string') headers[SESSION] = session
    const resumed = request.headers['last-event-id']
    if (request.method === 'GET' && typeof resumed === 'string' && PLAIN.test(resumed))
      headers['last-event-id'] = resumed
    headers.accept = request.method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream'
    // What is decompressed has no bound that the upstream's bytes tell.
    headers['accept-encoding'] = 'identity'
    if (message) headers['content-type'] = 'application/json'
    Object.assign(headers, typeof own === 'function' ? await own() : own)

    const body = message && Buffer.from(JSON.stringify(messageForUpstream(message)))
    const answer = await reach(target, { method: request.method, headers, agent, signal: over }, body)
    const { statusCode: status = 502, headers: told } = answer
    const type = told['content-type'] ?? ''
    const carries = CARRIED.test(type) && (told['content-encoding'] ?? 'identity') === 'identity'
    if (!PASSING.has(status) || (status === 200 && message !== undefined && !carries)) {
      answer.destroy()
      throw new LockstepError('execution.upstream-failed')
    }
    if (session !== undefined && (status === 404 || request.method === 'DELETE')) sessions.end(session)
    const opened = told[SESSION]
    if (typeof opened === 'string' && sessions.begin(opened, exchange.caller)) response.setHeader(SESSION, opened)
    response.writeHead(status, carries ? { 'content-type': type } : {})
    if (carries) {
      try {
        await pump(answer, response, over)
      } catch (cause) {
        throw new LockstepError('execution.upstream-failed', undefined, { cause })
      }
    } else answer.resume()
    response.end()
  }
  return createRelay(sendOn, async () => sessions.endAll())
}

/** Node's own client: a body is read as it comes, with back-pressure, and no redirect is followed. */
function reach(target: URL, options: RequestOptions, body: Buffer | undefined): Promise<IncomingMessage> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    // What does not connect, is too slow or has a head beyond Node's bound.
    const fail = (cause: unknown) => reject(new LockstepError('execution.upstream-failed', undefined, { cause }))
    send(target, options).on('response', resolve).on('error', fail).end(body)
  })
}

function mirroredHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      MIRRORED.test(name) && typeof value === 'string' && PLAIN.test(value) ? [[name, value]] : [],
    ),
  )
}
