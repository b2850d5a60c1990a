import type { IncomingMessage } from 'node:http'
import { isJsonObject, type JsonObject, refuseUnknownOptions } from '@lockstep/core'
import type { StdioTransport } from '../stdio/stdio-transport.ts'
import { type CommandUpstream, openCommand } from './command/open-command.ts'
import { relayLine } from './command/relay-line.ts'
import { createSessionProcesses } from './command/session-processes.ts'
import type { CommandLine } from './command/start-process.ts'
import { messageForUpstream } from './message-for-upstream.ts'
import { pump } from './pump.ts'
import { createRelay, type Relay, type SendOn } from './relay.ts'

/** How the processes of an upstream server are started and kept. */
export interface CommandRelayOptions extends Omit<CommandLine, 'command' | 'args'> {
  /** Processes that run at once over HTTP; who needs another is refused with `gateway.rate-limited`. @defaultValue 64 */
  readonly processes?: number | undefined
  /** Milliseconds after which a process that nobody asked anything is ended. @defaultValue 600,000 */
  readonly idleMs?: number | undefined
}

/** A relay to a server over stdio: for what `mcpAuth()` guards, and for lines. */
export interface CommandRelay extends Relay {
  /** Relays the messages of `lockstep.stdio()` to a process of its own. When either ends, the other does. */
  connect(transport: StdioTransport): Promise<void>
}

const SESSION = 'mcp-session-id'
const MOST_PROCESSES = 64
const IDLE_MS = 600_000

/**
 * Relays to an MCP server that is a command and cannot be changed: to processes that are spoken to over standard input and output, one for each
 * session of a caller. They are sent the message that was decided on; no access token, proof or transaction token of the client reaches them, in
 * messages or in their environment. Where one cannot be started, ends, or writes what is no MCP, the client is told
 * `execution.upstream-failed` and nothing else.
 *
 * @throws TypeError for options that cannot be meant
 *
 * @example
 * ```ts
 * const relay = relayToCommand('node', ['server.js'], { env: { NOTES: './notes' } })
 * app.use(mcpAuth()).all('/mcp', relay) // over HTTP
 * await relay.connect(lockstep.stdio({ onEnd: () => lockstep.close() })) // over stdio
 * ```
 */
export function relayToCommand(
  command: string,
  args: readonly string[] = [],
  options: CommandRelayOptions = {},
): CommandRelay {
  refuseUnknownOptions(options, ['cwd', 'env', 'stderr', 'processes', 'idleMs'], 'relayToCommand()')
  const { processes: most = MOST_PROCESSES, idleMs = IDLE_MS, ...rest } = options
  if (typeof command !== 'string' || command === '' || !args.every((arg) => typeof arg === 'string')) {
    throw new TypeError('relayToCommand() takes a command and a list of its arguments')
  }
  const open = (unasked: (notification: JsonObject) => void): CommandUpstream =>
    openCommand({ command, args, ...rest }, unasked)
  // Over HTTP there is nobody to tell of what is about no request.
  const processes = createSessionProcesses(() => open(() => undefined), { most, idleMs })
  const lines = new Set<CommandUpstream>()

  const sendOn: SendOn = async (request, response, { message, exchange, over }) => {
    const { caller } = exchange
    const named = request.headers[SESSION]
    const session = typeof named === 'string' ? named : undefined
    if (!message) {
      if (request.method === 'DELETE' && session !== undefined) await processes.end(session, caller)
      // A process says nothing that is about no request of its session.
      response.writeHead(request.method === 'DELETE' ? 204 : 405)
      return void response.end()
    }
    const begun = message.method === 'initialize' ? processes.begin(caller) : undefined
    const upstream = begun?.upstream ?? processes.find(session, caller)
    if (!upstream) {
      response.writeHead(404)
      return void response.end()
    }
    const sent = messageForUpstream(message)
    const { id } = sent
    if (typeof id !== 'string') {
      upstream.tell(sent)
      response.writeHead(202)
      return void response.end()
    }
    if (begun) response.setHeader(SESSION, begun.session)
    const isStream = wantsReports(request, sent)
    if (isStream) response.writeHead(200, { 'content-type': 'text/event-stream' })
    const report = (notification: JsonObject) => {
      if (isStream) response.write(`data: ${JSON.stringify(notification)}\n\n`)
    }
    const answer = await upstream.ask({ ...sent, id }, { over, report })
    if (isStream) response.write('data: ')
    else response.writeHead(200, { 'content-type': 'application/json' })
    await pump(answer, response, over)
    response.end(isStream ? '\n\n' : undefined)
  }
  const relay = createRelay(sendOn, async () => {
    await Promise.all([processes.endAll(), ...[...lines].map((line) => line.close())])
  })
  return Object.assign(relay, {
    async connect(transport: StdioTransport) {
      const line = await relayLine(open, transport)
      lines.add(line)
      line.over.addEventListener('abort', () => lines.delete(line))
    },
  })
}

/** Whether a client wants reports of progress, and takes an answer that they can come before. */
function wantsReports({ headers }: IncomingMessage, { params }: JsonObject): boolean {
  const meta = isJsonObject(params) ? params._meta : undefined
  return isJsonObject(meta) && meta.progressToken !== undefined && /text\/event-stream/i.test(headers.accept ?? '')
}
