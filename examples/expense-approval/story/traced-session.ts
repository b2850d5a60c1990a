import { randomBytes } from 'node:crypto'
import type { AgentSession, CallOutcome, SeenTool } from './agent-session.ts'

/** What goes along with one call. */
export interface CallExtras {
  readonly txnToken?: string
  readonly idempotencyKey?: string
  /** A trace to go on under. @defaultValue a new one */
  readonly trace?: string
}

/** The answer to a call as it came over HTTP, past the client. */
export interface HttpAnswer {
  readonly status: number
  /** Its `WWW-Authenticate`. */
  readonly challenge: string
}

/** What a call came to, under which trace. */
export interface TracedCall {
  readonly outcome: CallOutcome
  readonly trace: string
  readonly http: HttpAnswer
}

/** A session whose requests each have a trace of their own. */
export interface TracedSession {
  listTools(trace?: string): Promise<{ readonly tools: readonly SeenTool[]; readonly trace: string }>
  call(name: string, args?: Record<string, unknown>, extras?: CallExtras): Promise<TracedCall>
}

/** What a client connects over: a `fetch` that sends along what goes with the current call, or that by itself. */
export interface Wire {
  readonly fetch: typeof fetch
  /** The headers that go along with the current call. */
  readonly beside: () => Readonly<Record<string, string>>
  /** Takes note of an answer that came another way. */
  readonly heard: (answer: HttpAnswer) => void
}

/** Sends the trace and the extras of the current call along; the session is over what was connected so. Calls go one after another. */
export function createTracedSession(send: typeof fetch): Wire & {
  readonly over: (session: AgentSession) => TracedSession
} {
  let current: Readonly<Record<string, string>> = {}
  let http: HttpAnswer = { status: 0, challenge: '' }
  const within = async <T>(trace: string, extra: Record<string, string | undefined>, work: () => Promise<T>) => {
    const given = Object.entries(extra).filter((entry): entry is [string, string] => entry[1] !== undefined)
    current = { traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`, ...Object.fromEntries(given) }
    return work()
  }
  return {
    beside: () => current,
    heard: (answer) => {
      http = answer
    },
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      for (const [name, value] of Object.entries(current)) headers.set(name, value)
      const response = await send(input, { ...init, headers })
      http = { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' }
      return response
    },
    over: (session) => ({
      async listTools(trace = randomBytes(16).toString('hex')) {
        return { tools: await within(trace, {}, () => session.listTools()), trace }
      },
      async call(name, args, { txnToken, idempotencyKey, trace = randomBytes(16).toString('hex') } = {}) {
        const extra = { 'txn-token': txnToken, 'idempotency-key': idempotencyKey }
        const outcome = await within(trace, extra, () => session.call(name, args))
        return { outcome, trace, http }
      },
    }),
  }
}
