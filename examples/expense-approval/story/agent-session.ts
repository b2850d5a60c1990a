import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** A tool as an agent sees it in `tools/list`. */
export interface SeenTool {
  readonly name: string
  readonly _meta?: Record<string, unknown> | undefined
}

/** What a tool call came to, for the agent. */
export type CallOutcome =
  | { readonly ok: true; readonly content: Record<string, unknown> }
  | {
      readonly ok: false
      readonly reason: string
      /** Whom to ask, where somebody else must consent: the id of the request for it. */
      readonly approval?: string | undefined
    }

/** A generation of the official clients. */
export type Generation = '1.x' | '2.x'

/** A connected MCP client. */
export interface AgentSession {
  listTools(): Promise<readonly SeenTool[]>
  /** Calls a tool. A refusal is an outcome, not an exception. */
  call(name: string, args?: Record<string, unknown>): Promise<CallOutcome>
  close(): Promise<void>
}

/** What the story needs of an official client. */
export interface ToolClient {
  listTools(): Promise<{ tools: SeenTool[] }>
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** Connects an official MCP client. The 2.x client negotiates the protocol era, the 1.x client speaks the older one. */
export async function connectAgent(
  generation: Generation,
  endpoint: string,
  fetchWithCredentials: typeof fetch,
): Promise<AgentSession> {
  const info = { name: 'planner', version: '1.0.0' }
  const url = new URL(endpoint)
  let client: ToolClient
  if (generation === '2.x') {
    const modern = new Client(info, { versionNegotiation: { mode: 'auto' } })
    await modern.connect(new StreamableHTTPClientTransport(url, { fetch: fetchWithCredentials }))
    client = modern
  } else {
    const older = new ClientOf2025(info)
    await older.connect(new TransportOf2025(url, { fetch: fetchWithCredentials }))
    client = older
  }
  return sessionOf(client)
}

/** A connected official client, seen as the story sees any. */
export function sessionOf(client: ToolClient): AgentSession {
  return {
    listTools: async () => (await client.listTools()).tools,
    async call(name, args = {}) {
      try {
        const result = await client.callTool({ name, arguments: args })
        if (result.isError) return { ok: false, reason: textOf(result.content) }
        return { ok: true, content: (result.structuredContent ?? {}) as Record<string, unknown> }
      } catch (error) {
        return refusalIn(error)
      }
    },
    close: () => client.close(),
  }
}

/** What a refusal says, its code, and whom to ask. The clients put the body of an HTTP error into the message. */
export function refusalIn(error: unknown): CallOutcome {
  const text = error instanceof Error ? error.message : String(error)
  const data: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'data') : undefined
  const all = `${text} ${JSON.stringify(data) ?? ''}`
  const said = /"message":"([^"]*)"/.exec(text)?.[1]
  const code = /"code":"([a-z.-]+)"/.exec(all)?.[1]
  return {
    ok: false,
    reason: `${said ?? text}${code ? ` [${code}]` : ''}`,
    approval: /"approval":\{"id":"([\w-]+)"/.exec(all)?.[1],
  }
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return content.map((block: { text?: string }) => block.text ?? '').join(' ')
}
