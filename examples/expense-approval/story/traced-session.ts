import { randomBytes } from 'node:crypto'
import type { AgentSession, CallOutcome, SeenTool } from './agent-session.ts'

/** What goes along with one call. */
export interface CallExtras {
  readonly txnToken?: string
  readonly idempotencyKey?: string
  /** A trace to go on under. @defaultValue a new one */
  readonly trace?: string
}

/** A session whose requests each have a trace of their own. */
export interface TracedSession {
  listTools(trace?: string): Promise<{ readonly tools: readonly SeenTool[]; readonly trace: string }>
  call(
    name: string,
    args?: Record<string, unknown>,
    extras?: CallExtras,
  ): Promise<{ readonly outcome: CallOutcome; readonly trace: string }>
}

/** A `fetch` that sends the trace and the extras of the current call, and the session over it. Calls go one after another. */
export function createTracedSession(send: typeof fetch): {
  readonly fetch: typeof fetch
  readonly over: (session: AgentSession) => TracedSession
} {
  let current: Readonly<Record<string, string>> = {}
  const within = async <T>(trace: string, extra: Record<string, string | undefined>, work: () => Promise<T>) => {
    const given = Object.entries(extra).filter((entry): entry is [string, string] => entry[1] !== undefined)
    current = { traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`, ...Object.fromEntries(given) }
    return work()
  }
  return {
    fetch: (input, init) => {
      const headers = new Headers(init?.headers)
      for (const [name, value] of Object.entries(current)) headers.set(name, value)
      return send(input, { ...init, headers })
    },
    over: (session) => ({
      async listTools(trace = randomBytes(16).toString('hex')) {
        return { tools: await within(trace, {}, () => session.listTools()), trace }
      },
      async call(name, args, { txnToken, idempotencyKey, trace = randomBytes(16).toString('hex') } = {}) {
        const extra = { 'txn-token': txnToken, 'idempotency-key': idempotencyKey }
        return { outcome: await within(trace, extra, () => session.call(name, args)), trace }
      },
    }),
  }
}
