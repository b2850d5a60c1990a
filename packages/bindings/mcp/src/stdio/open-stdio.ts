import type { Readable, Writable } from 'node:stream'
import { type ErrorCode, type JsonObject, LockstepError, refuseUnknownOptions } from '@lockstep/core'
import type { Gateway } from '@lockstep/gateway'
import type { Answer, MessageId } from '../answer.ts'
import type { ExchangeContext } from '../exchange.ts'
import type { InboundMessage } from '../message.ts'
import type { Inbound, Pipeline } from '../pipeline.ts'
import type { OpenExchanges, Passage } from '../revocation/open-exchanges.ts'
import type { RestsOnOf } from '../revocation/rests-on.ts'
import { type AdmitLineParts, type AdmittedLine, admitLine } from './admit-line.ts'
import { createAdmission } from './admit-message.ts'
import { type Environment, takeEnvironmentCredentials } from './environment-credentials.ts'
import { type OpenMessage, openMessage } from './open-message.ts'
import { readLines } from './read-lines.ts'
import { passLine } from './relayed-line.ts'
import type { StdioTransport } from './stdio-transport.ts'
import { tellHeaders, tellRefusal } from './tell-refusal.ts'
import { unadmitted } from './unadmitted.ts'
import { writeLines } from './write-lines.ts'

/** Where a stdio connection comes from. */
export interface StdioOptions {
  /** @defaultValue standard input */
  readonly input?: Readable | undefined
  /** @defaultValue standard output, which then carries the protocol alone */
  readonly output?: Writable | undefined
  /** Where the credentials of the connection may be; they are taken out of it. @defaultValue the environment of the process */
  readonly environment?: Environment | undefined
  /** The connection is over and what ran in it is recorded: closes what else keeps the process alive, `lockstep.close()` for example. */
  readonly onEnd?: (() => unknown) | undefined
}

/** Opens a guarded stdio connection. Throws `TypeError` for options that cannot be meant. */
export type OpenStdio = (options?: StdioOptions) => StdioTransport

/** What a guarded connection needs. */
export interface StdioParts extends AdmitLineParts {
  readonly gateway: Pick<Gateway, 'verify' | 'readmit' | 'standingOf' | 'answerHeaders'>
  readonly pipeline: Pipeline
  readonly exchanges: OpenExchanges
  readonly restsOn: RestsOnOf
  readonly context: ExchangeContext
  readonly limits: AdmitLineParts['limits'] & {
    readonly headerBytes: number
    readonly answerBytes: number
    readonly callMs: number
  }
  readonly resource: URL
}

/** Lines that are looked at at once; meanwhile nothing more is read. */
const MOST_AT_ONCE = 64
/** Characters that wait for the client to read them; meanwhile nothing more is read. */
const MOST_WAITING = 1_048_576
/** Messages that the server has at once. */
const MOST_OPEN = 1_024
const CANCELED = 'notifications/cancelled'
/** What a server may say unasked, whoever hears it: it holds nothing. */
const SILENT = 'notifications/tools/list_changed'

/**
 * Creates what opens guarded connections: the pipeline that decides over HTTP decides on every line that comes in, and releases every line that
 * leaves.
 *
 * INVARIANT: the server is given only what the pipeline forwards, and nothing is written that it did not release or answer.
 */
export function createStdio(parts: StdioParts): OpenStdio {
  const { pipeline, context, limits, deny, gateway } = parts
  // A line holds what would be a body and what would be its head.
  const bodyBytes = limits.bodyBytes + limits.headerBytes
  const read = { ...parts, limits: { bodyBytes, bodyDepth: limits.bodyDepth } }

  return (options = {}) => {
    refuseUnknownOptions(options, ['input', 'output', 'environment', 'onEnd'], 'stdio()')
    const { input = process.stdin, output = process.stdout, environment = process.env } = options
    const admission = createAdmission(parts, takeEnvironmentCredentials(environment))
    const lines = writeLines(output)
    /** By the ids that the server knows them by. */
    const open = new Map<string, OpenMessage>()
    /** Requests that are being decided, by their clients' ids. */
    const deciding = new Map<MessageId, Promise<unknown>>()
    let state: 'new' | 'open' | 'ending' | 'closed' = 'new'
    let busy = 0
    let turn: Promise<unknown> = Promise.resolve()

    const pace = () => {
      if (state === 'open') {
        const isFull = busy >= MOST_AT_ONCE || lines.waiting > MOST_WAITING
        if (isFull) input.pause()
        else if (input.isPaused()) input.resume()
      }
      if (state === 'ending' && busy === 0 && open.size === 0) void transport.close()
    }
    const write = async (message: JsonObject): Promise<boolean> => {
      const writing = lines.write(message)
      pace()
      const sent = await writing
      pace()
      return sent
    }
    /** Answers in the server's place, where an answer is waited for. */
    const answer = async (given: Answer, message: InboundMessage | undefined): Promise<boolean> =>
      message && message.kind !== 'request' ? false : write(tellRefusal(given))
    const refuse = (code: ErrorCode, message: InboundMessage) => answer(deny({ code }, message.id), message)

    const deliver = async (
      inbound: Inbound,
      { message, passage }: { readonly message: InboundMessage; readonly passage: Passage },
      headers: Readonly<Record<string, string>> = {},
    ): Promise<void> => {
      if (inbound.kind === 'drop') return
      if (inbound.kind === 'answer') return void (await answer(inbound.answer, message))
      const { exchange, message: forwarded } = inbound
      if (!forwarded) return
      const id = typeof forwarded.id === 'string' && message.kind === 'request' ? forwarded.id : undefined
      const leaveName = id === undefined ? () => undefined : context.name(id, exchange)
      const opened = openMessage({
        inbound,
        passage,
        restsOn: parts.restsOn(exchange, exchange.caller ? gateway.standingOf(exchange.caller) : []),
        audit: parts.audit,
        answerBytes: limits.answerBytes,
        callMs: limits.callMs,
        lines,
        write: (released) => write(tellHeaders(released, headers)),
        refuse: (code) => refuse(code, message),
        onOver: () => {
          leaveName()
          if (id !== undefined) open.delete(id)
          pace()
        },
      })
      if (!opened) return
      if (state === 'closed') return opened.abandon()
      if (open.size >= MOST_OPEN) return opened.fail(new LockstepError('gateway.rate-limited'))
      if (id !== undefined) open.set(id, opened)
      try {
        const given = plain(forwarded)
        passLine(given, opened)
        // INVARIANT: outside of every exchange: servers put messages into queues, and whoever empties one runs as whoever filled it. Guarded
        // handlers find their exchange by the id of their request.
        context.leave(() => transport.onmessage?.(given))
      } catch (error) {
        await opened.fail(error)
      }
      if (id === undefined) await opened.abandon()
    }

    const carryOn = async (line: AdmittedLine): Promise<void> => {
      if (line.kind === 'refused') return void (await answer(line.answer, line.message))
      const { message } = line
      if (line.kind === 'observed') return deliver(unadmitted(message, line.trace), line)
      // What is canceled while it is being decided is canceled once the server has it.
      if (message.method === CANCELED) await deciding.get(message.params.requestId as MessageId)
      const isGone = () => state === 'closed'
      const received = pipeline.receive(line.caller, message, { ...line.presented, isGone })
      const delivered = received.then((inbound) => deliver(inbound, line, gateway.answerHeaders(line.caller)))
      if (message.kind !== 'request') return delivered
      deciding.set(message.id, delivered)
      await delivered.finally(() => deciding.get(message.id) === delivered && deciding.delete(message.id))
    }

    const take = async (line: Buffer | undefined): Promise<void> => {
      busy += 1
      pace()
      // Each is read at once, and goes on in the order in which they came: what begins a session is before what it is for.
      const admitting = admitLine(read, admission, line)
      const before = turn
      turn = Promise.allSettled([before, admitting])
      try {
        await before
        await carryOn(await admitting)
      } catch (error) {
        transport.onerror?.(error instanceof Error ? error : new Error('a message could not be taken'))
      } finally {
        busy -= 1
        pace()
      }
    }

    const onData = readLines(bodyBytes, (line) => void take(line))
    const onInputEnd = () => {
      if (state !== 'open') return
      state = 'ending'
      // Whoever sends no more may still read; whoever does not end is not waited for.
      setTimeout(() => void transport.close(), limits.callMs).unref()
      pace()
    }
    const onInputError = (error: Error) => {
      transport.onerror?.(error)
      onInputEnd()
    }
    const onOutputError = (error: Error) => {
      transport.onerror?.(error)
      void transport.close()
    }

    const transport: StdioTransport = {
      async start() {
        if (state !== 'new') throw new TypeError('the stdio connection was started already')
        state = 'open'
        output.on('error', onOutputError)
        input.on('data', onData).on('end', onInputEnd).on('close', onInputEnd).on('error', onInputError)
        if (input.readableEnded || input.destroyed) setImmediate(onInputEnd)
      },
      async send(message, given) {
        const about = addressee(message, given)
        if (about.id === undefined) {
          if (about.isSilent) await write({ jsonrpc: '2.0', method: SILENT })
          return
        }
        await open.get(about.id)?.take(message, about.isAnswer)
      },
      async close() {
        if (state === 'closed') return
        state = 'closed'
        input.off('data', onData).off('end', onInputEnd).off('close', onInputEnd)
        if (input.listenerCount('data') === 0) input.pause()
        await Promise.all([...open.values()].map((message) => message.abandon()))
        transport.onclose?.()
        await options.onEnd?.()
      },
    }
    return transport
  }
}

/** Which message of a client something that a server sends belongs to, and whether it ends it. */
function addressee(message: object, given: object | undefined) {
  const method: unknown = Reflect.get(message, 'method')
  const isAnswer = method === undefined
  const id: unknown = isAnswer ? Reflect.get(message, 'id') : given && Reflect.get(given, 'relatedRequestId')
  return {
    id: typeof id === 'string' ? id : undefined,
    isAnswer,
    isSilent: method === SILENT && Reflect.get(message, 'id') === undefined,
  }
}

/** The members of a JSON-RPC message, and none that the SDKs would take it for something else by. */
function plain({ jsonrpc = '2.0', id, method, params, result, error }: JsonObject): JsonObject {
  return {
    jsonrpc,
    ...(id === undefined ? {} : { id }),
    ...(method === undefined ? {} : { method, ...(params === undefined ? {} : { params }) }),
    ...(method !== undefined || result === undefined ? {} : { result }),
    ...(method !== undefined || error === undefined ? {} : { error }),
  }
}
