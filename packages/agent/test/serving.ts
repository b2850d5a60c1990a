import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { type Answer, type LocalServer, type SeenRequest, startServer } from './local-server.ts'

/** Starts a server that is gone when the test is over. */
export async function serve(answer: Answer = () => undefined): Promise<LocalServer> {
  const server = await startServer(answer)
  onTestFinished(() => server.close())
  return server
}

/** Answers in turn; the last one again and again. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0
  return (request, response, raw) => answers[Math.min(turn++, answers.length - 1)]?.(request, response, raw)
}

/** The JSON that an MCP server answers with. */
export function says(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_: SeenRequest, response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).write(JSON.stringify(body))
}

/** A refusal as Lockstep phrases it. */
export function refuses(status: number, code: string, unlock?: object, headers: Record<string, string> = {}): Answer {
  const data = { code, ...(unlock ? { unlock } : {}) }
  return says(status, { jsonrpc: '2.0', id: 1, error: { code: -32003, message: code, data } }, headers)
}

/** A refusal by a challenge alone. */
export function challenges(status: number, parameters: string): Answer {
  return says(status, {}, { 'www-authenticate': `DPoP ${parameters}, algs="ES256"` })
}

export const result = { jsonrpc: '2.0', id: 1, result: { content: [] } }

/** One call of a tool, as the transports send it. */
export function calls(tool = 'pay', args: object = { id: 'a' }, id: string | number = 1): RequestInit {
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: args } })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  return { method: 'POST', headers, body }
}

/** The values of one header over all requests. */
export function sent(server: LocalServer, header: string): (string | string[] | undefined)[] {
  return server.seen.map(({ headers }) => headers[header])
}
