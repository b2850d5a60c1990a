import type { Readable } from 'node:stream'
import { type JsonObject, LockstepError, parseJson } from '@lockstep/core'
import { readMessage } from '../../message.ts'
import { refusal } from '../../sent/refusal.ts'
import { STREAM_FROM } from '../../streamed/large-answer.ts'
import { divideLines } from './divide-lines.ts'
import { findId } from './find-id.ts'
import { answerSink, type LineSink, spooledSink } from './line-sink.ts'
import { type AskOptions, createOwedAnswers } from './owed-answers.ts'
import { type CommandLine, startProcess } from './start-process.ts'

/** An MCP server that is a process and is spoken to over its standard input and output. */
export interface CommandUpstream {
  /**
   * Sends a request, and resolves once its answer comes: to the text of it, which is read from the process as it is read here. Rejects with
   * LockstepError `execution.upstream-failed`, or `invocation.call-closed` where it is given up, which the process is told.
   */
  ask(message: JsonObject & { readonly id: string }, options: AskOptions): Promise<Readable>
  /** Sends what is not answered. */
  tell(message: JsonObject): void
  /** Aborts once the process has ended. */
  readonly over: AbortSignal
  /** Whether the process can be asked. */
  readonly isOver: boolean
  /** Whether it owes an answer. */
  readonly isBusy: boolean
  /** Ends the process. What it owes fails. Never rejects. */
  close(): Promise<void>
}

const BRACE = 0x7b
const MAX_DEPTH = 64
/** Answers that a process may owe. */
const MOST_OWED = 1_024
/** Bytes that a process has not read. */
const MOST_UNREAD = 16_777_216
/** Bytes of lines that are no messages, as of a program that greets: more of them is a program that does not speak MCP. */
const MOST_FOREIGN = 65_536
/** Characters in which an answer says whose it is, where it does so at once. */
const HEAD = 4_096

/**
 * Starts a command and speaks MCP with it.
 *
 * INVARIANT: nothing that it writes is taken for more than it says: a line is one message, read strictly, and answers the request whose id it holds. What it
 * writes on a line that is not read so ends it, because an answer may have been lost in it.
 *
 * @param unasked takes notifications that are about no request
 */
export function openCommand(line: CommandLine, unasked: (notification: JsonObject) => void): CommandUpstream {
  const started = startProcess(line)
  const { stdin, stdout } = started
  const owed = createOwedAnswers()
  const over = new AbortController()
  let foreign = 0
  const isOver = () => over.signal.aborted || started.isOver

  const tell = (message: JsonObject): void => {
    if (!isOver() && stdin.writable && stdin.writableLength <= MOST_UNREAD) stdin.write(`${JSON.stringify(message)}\n`)
  }
  const finish = (): void => {
    started.kill()
    owed.failAll()
    over.abort()
  }
  /** Whether a line is no message at all. */
  const isForeign = (bytes: Buffer): boolean => {
    if (bytes[0] === BRACE) return false
    foreign += bytes.length
    if (foreign > MOST_FOREIGN) throw new LockstepError('execution.upstream-failed')
    return true
  }
  const takeLine = (bytes: Buffer): void => {
    if (bytes.length === 0 || isForeign(bytes)) return
    // attacker-controlled: the server is not ours.
    const message = readMessage(parseJson(bytes, { maxBytes: bytes.length, maxDepth: MAX_DEPTH }))
    if (!message) throw new LockstepError('execution.upstream-failed')
    const { kind, id, method, params, wire } = message
    if (kind === 'response') {
      if (typeof id === 'string') owed.take(id)?.begin()?.end(bytes)
    } else if (kind === 'request') {
      // Over one line nobody knows for whom a server asks something.
      if (id !== null) tell(method === 'ping' ? { jsonrpc: '2.0', id, result: {} } : refusal(id))
    } else if (method === 'notifications/progress') {
      if (typeof params.progressToken === 'string') owed.of(params.progressToken)?.report(wire)
    } else unasked(wire)
  }
  const sinkFor = async (first: Buffer): Promise<LineSink> => {
    if (isForeign(first)) return answerSink(undefined, finish)
    let head: string | undefined = first.toString('utf8', 0, HEAD)
    const next = async () => {
      const text = head
      head = undefined
      return text
    }
    const named = await findId(next, true).catch(() => undefined)
    if (named === null) return answerSink(undefined, finish)
    const [only, ...others] = named === undefined ? owed.ids : [named]
    return others.length > 0
      ? spooledSink(owed, finish)
      : answerSink(only === undefined ? only : owed.take(only), finish)
  }
  const run = async (): Promise<void> => {
    let sink: LineSink | undefined
    try {
      for await (const { bytes, isFirst, isLast } of divideLines(stdout, STREAM_FROM)) {
        if (isFirst && isLast) {
          takeLine(bytes)
          continue
        }
        sink ??= await sinkFor(bytes)
        await sink.write(bytes)
        if (!isLast) continue
        await sink.end()
        sink = undefined
      }
    } finally {
      sink?.fail()
    }
  }
  void run()
    .catch(() => undefined)
    .then(finish)

  return {
    async ask(message, options) {
      if (isOver() || stdin.writableLength > MOST_UNREAD || owed.ids.length >= MOST_OWED) {
        throw new LockstepError('execution.upstream-failed')
      }
      if (options.over.aborted) throw new LockstepError('invocation.call-closed')
      const { id } = message
      const canceled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }
      const answer = owed.ask(id, options, () => tell(canceled))
      tell(message)
      return answer
    },
    tell,
    over: over.signal,
    get isOver() {
      return isOver()
    },
    get isBusy() {
      return owed.ids.length > 0
    },
    async close() {
      await started.close()
      finish()
    },
  }
}
