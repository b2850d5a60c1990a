import { isJsonObject, type JsonObject } from '@lockstep/core'
import { createAgentFetch } from './agent-fetch.ts'
import type { AgentFetchOptions } from './agent-options.ts'
import { putHeaders, readAnswer } from './line-message.ts'
import { pause } from './pause.ts'

/** The `Transport` of both SDK generations, seen structurally: a `StdioClientTransport`, for example. */
export interface LineTransport {
  onmessage?: ((message: never, extra?: never) => void) | undefined
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  start(): Promise<void>
  send(message: never, options?: never): Promise<void>
  close(): Promise<void>
}

/** What an agent's transport is for a client of either generation. */
export interface AgentTransport {
  onmessage?: (message: object, extra?: object) => void
  onclose?: () => void
  onerror?: (error: Error) => void
  /** Of the launched process, where the transport launches one. */
  readonly pid?: number | null
  readonly stderr?: unknown
  start(): Promise<void>
  send(message: object, options?: object): Promise<void>
  close(): Promise<void>
}

/** How an agent's messages are proved. `lostAnswers` and `headers` have no place on a line; `fetch` reaches the services of the resource. */
export interface AgentTransportOptions extends Omit<AgentFetchOptions, 'resource' | 'headers' | 'lostAnswers'> {
  /** The URL of the resource that the server is: what its tokens and proofs are made for, although nothing is sent there. */
  readonly resource: string | URL
}

/** Milliseconds until an answer must be there. On a line there is no head that comes before it. */
const ANSWER_WITHIN = 600_000
/** Milliseconds after which a proof, whose time is whole seconds, is of another second. */
const STARTED = 1_100

/**
 * Wraps the stdio transport of a client, of either SDK generation, so that every message is proved and every refusal is answered as
 * `createAgentFetch` does over HTTP: with the same callbacks, the same idempotency keys, and the same tokens, in the `_meta` of the messages.
 *
 * A refusal that nothing meets is the answer. `send` rejects with what `createAgentFetch` rejects with. Throws `TypeError` at construction for
 * options that cannot be meant.
 *
 * INVARIANT: credentials are written to this line alone, into messages that are proved one by one; none stands in the environment of a process.
 */
export function createAgentTransport(
  line: LineTransport,
  { resource, fetch: beyond = fetch, timeout = ANSWER_WITHIN, ...options }: AgentTransportOptions,
): AgentTransport {
  const home = new URL(resource)
  /** Requests that wait for their answer, by their ids. */
  const waiting = new Map<unknown, (answer: JsonObject | Error) => void>()
  const underWay = new Map<unknown, AbortController>()
  const write = (message: JsonObject) => line.send(message as never)

  const ask = (message: JsonObject, signal: AbortSignal | null | undefined) =>
    new Promise<JsonObject>((resolve, reject) => {
      const leave = () => settle(signal?.reason)
      const settle = (answer: JsonObject | Error) => {
        waiting.delete(message.id)
        signal?.removeEventListener('abort', leave)
        if (isJsonObject(answer)) resolve(answer)
        else reject(answer)
      }
      waiting.set(message.id, settle)
      signal?.addEventListener('abort', leave, { once: true })
      write(message).catch(settle)
    })
  const onLine: typeof fetch = async (input, init = {}) => {
    if (new URL(input instanceof Request ? input.url : input).href !== home.href) return beyond(input, init)
    const message = putHeaders(JSON.parse(String(init.body)) as JsonObject, new Headers(init.headers))
    init.signal?.throwIfAborted()
    if (isRequest(message)) return readAnswer(await ask(message, init.signal))
    await write(message)
    return new Response(null, { status: 202 })
  }
  const send = createAgentFetch({ ...options, resource: home, fetch: onLine, timeout })

  const transport: AgentTransport = {
    async start() {
      const hear = (message: JsonObject, extra?: object) => {
        const settle = message.method === undefined ? waiting.get(message.id) : undefined
        if (settle) settle(message)
        else transport.onmessage?.(message, extra)
      }
      line.onmessage = hear as LineTransport['onmessage']
      line.onerror = (error) => transport.onerror?.(error)
      line.onclose = () => {
        for (const settle of [...waiting.values()]) settle(new Error('the connection was closed before the answer'))
        transport.onclose?.()
      }
      await line.start()
    },
    async send(given) {
      const message = given as JsonObject
      // A request that is given up is not sent again, and nobody is asked about it any more.
      if (message.method === 'notifications/cancelled' && isJsonObject(message.params)) {
        underWay.get(message.params.requestId)?.abort(new DOMException('the request was canceled', 'AbortError'))
      }
      const control = new AbortController()
      if (isRequest(message)) underWay.set(message.id, control)
      try {
        const post = () =>
          send(home, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(message),
            signal: control.signal,
          })
        const response = await post()
        if (response.status === 202) return
        let answer = (await response.json()) as JsonObject
        if (isOfBefore(answer)) {
          await pause(STARTED, control.signal)
          answer = (await (await post()).json()) as JsonObject
        }
        transport.onmessage?.(answer)
      } finally {
        if (underWay.get(message.id) === control) underWay.delete(message.id)
      }
    },
    close: () => line.close(),
  }
  // Clients of 2.x tell transports that launch a process by these.
  for (const name of ['pid', 'stderr']) {
    if (name in line) Object.defineProperty(transport, name, { get: () => Reflect.get(line, name) as unknown })
  }
  return transport
}

/**
 * Whether a fresh proof counts as used. A process that keeps its state in memory knows nothing of what was proved before it began, and the first
 * messages are written while it starts: refused without an effect, they are proved anew, once.
 */
function isOfBefore({ error }: JsonObject): boolean {
  return isJsonObject(error) && isJsonObject(error.data) && error.data.code === 'gateway.proof-replayed'
}

function isRequest({ method, id }: JsonObject): boolean {
  return method !== undefined && id !== undefined
}
