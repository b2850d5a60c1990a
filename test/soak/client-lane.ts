import { randomBytes } from 'node:crypto'
import { type CallOutcome, connectAgent, type Generation } from '../../examples/expense-approval/story/agent-session.ts'

/** One official client of one person, that asks one thing after another, each under a trace of its own. */
export interface ClientLane {
  list(): Promise<{ readonly names: readonly string[]; readonly traces: readonly string[] }>
  call(
    tool: string,
    args: Record<string, unknown>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly outcome: CallOutcome; readonly traces: readonly string[] }>
  close(): Promise<void>
}

/** Connects a client of one generation. */
export async function openLane(generation: Generation, resource: string, send: typeof fetch): Promise<ClientLane> {
  let traces: string[] = []
  let extra: Readonly<Record<string, string>> = {}
  const traced: typeof fetch = (input, init) => {
    const trace = randomBytes(16).toString('hex')
    traces.push(trace)
    const headers = new Headers(init?.headers)
    headers.set('traceparent', `00-${trace}-${randomBytes(8).toString('hex')}-01`)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    return send(input, { ...init, headers })
  }
  const client = await connectAgent(generation, resource, traced)
  const within = async <T>(work: () => Promise<T>, headers: Readonly<Record<string, string>> = {}) => {
    traces = []
    extra = headers
    const value = await work()
    return { value, traces }
  }
  return {
    async list() {
      const { value, traces } = await within(() => client.listTools())
      return { names: value.map(({ name }) => name), traces }
    },
    async call(tool, args, headers) {
      const { value, traces } = await within(() => client.call(tool, args), headers)
      return { outcome: value, traces }
    },
    close: () => client.close(),
  }
}
