import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { isJsonObject, type JsonObject, type JsonValue, LockstepError } from '@lockstep/core'
import type { AnswerOutput, TextSource } from '@lockstep/execution/egress'
import type { Answer } from '../answer.ts'
import { createLargeAnswer, type LargeAnswer, MOST_WAITING, STREAM_FROM } from '../streamed/large-answer.ts'
import { createLargeEvent, type LargeEvent } from '../streamed/large-event.ts'
import { createResponseChannel } from '../streamed/response-channel.ts'
import { createHeadCleaner } from './clean-head.ts'
import { createEventReader, type StreamEvent, writeEvent } from './event-stream.ts'

/** How the messages of one response are filtered. */
export interface ResponseFilter {
  /** Resolves to what may leave, or to `undefined` when nothing may. */
  readonly release: (message: JsonObject) => Promise<JsonObject | undefined>
  /** Releases as it comes what is too large to be held. @defaultValue it is refused */
  readonly stream?: ((next: TextSource, output: AnswerOutput) => Promise<boolean>) | undefined
  /** Is told, before the end leaves, that the handler is done, or why it failed; something may have been released or not. */
  readonly unanswered: (error?: unknown) => Promise<void>
  /** What is sent when nothing may leave, or when releasing failed. */
  readonly failure: (error: unknown) => Answer
  /** Milliseconds after which a handler that has not ended is answered for. @defaultValue it may take as long as it likes */
  readonly timeout?: number | undefined
  /** Bytes of one JSON answer, or of one event, that are held at most. */
  readonly maxBytes: number
  /**
   * Whether a request waits for an answer: where a handler ends without one, as servers do that cannot write what a tool returned, a failure is answered.
   * @defaultValue false
   */
  readonly isAwaited?: boolean | undefined
}

/** A response that is filtered. */
export interface FilteredResponse {
  /** Writes a message of ours as an event of its own, in its turn; nothing where there is no stream that has begun. */
  push(message: JsonObject): void
  /**
   * Ends it now: nothing that is still being released or written leaves. The answer is sent in its place, in a stream as its last event
   * unless `event` is false. An answer that is in the middle of leaving is cut off for this error.
   */
  interrupt(answer: Answer, how: { readonly event: boolean; readonly error?: unknown }): void
  /** Answers with a failure after what was written so far, as if the handler had thrown this. */
  fail(error: unknown): void
  /** Aborts once nothing that a handler writes leaves any more. */
  readonly over: AbortSignal
  /** Nobody waits for what a handler writes any more. */
  abandon(): void
}

/** A client that does not read is not waited for longer. Milliseconds. */
const LONGEST_END_MS = 1_000
const PIECE = 65_536
/** One for all: to make the usual one, with its stack, costs more than most of what is done for an answer. */
const ENDED = new DOMException('the answer has left', 'AbortError')

type Done = (error?: Error | null) => void

/**
 * Filters what a handler writes to this response: JSON answers whole, event streams message by message. The handler's own
 * `writeHead`, `write` and `end` are intercepted, so it works under every framework. What is neither (an HTML error page) is
 * replaced. Order is kept; `end` waits for what is still being released.
 */
export function filterResponse(response: ServerResponse, filter: ResponseFilter): FilteredResponse {
  const raw = {
    writeHead: response.writeHead.bind(response) as (status: number) => ServerResponse,
    write: response.write.bind(response) as (text: string) => boolean,
    end: response.end.bind(response) as (text?: string) => ServerResponse,
  }
  const clean = createHeadCleaner(response)
  // INVARIANT: the head is sent here and nowhere else; Node's implicit head would call the interception below.
  const sendHead = (length?: number) => {
    if (response.headersSent) return
    clean(isStream() ? 'text/event-stream' : 'application/json', length)
    raw.writeHead(response.statusCode)
  }
  const write = (text: string) => {
    sendHead()
    raw.write(text)
  }
  const end = (text = '') => {
    sendHead(isStream() ? undefined : Buffer.byteLength(text))
    raw.end(text === '' ? undefined : text)
  }
  const { stream } = filter
  const readEvents = createEventReader(stream ? Number.POSITIVE_INFINITY : filter.maxBytes)
  const mostHeld = stream ? Math.min(filter.maxBytes, STREAM_FROM) : filter.maxBytes
  let large: LargeAnswer | undefined
  let largeEvent: LargeEvent | undefined
  const decoder = new TextDecoder()
  const held: Uint8Array[] = []
  let heldBytes = 0
  const over = new AbortController()
  let finished = false
  let hasAnswered = filter.isAwaited !== true
  let work: Promise<void> = Promise.resolve()

  const send = ({ status, headers, body }: Answer, event = true) => {
    if (finished) return
    finished = true
    over.abort(ENDED)
    // INVARIANT: an answer of which a part has left never looks whole.
    if (large?.hasBegun) return void response.destroy()
    if (response.headersSent) return end(isStream() && event ? writeEvent({ data: JSON.stringify(body) }) : '')
    response.setHeader('content-type', 'application/json')
    response.statusCode = status
    clean.keep(headers)
    end(JSON.stringify(body))
    // A handler that comes too late finds its answer sent, which would throw wherever it happens to run.
    Object.assign(response, { setHeader: () => response, appendHeader: () => response, removeHeader: () => undefined })
  }
  const enqueue = (step: () => Promise<void>) => {
    work = work
      .then(step)
      .catch(async (error: unknown) => {
        await filter.unanswered(error).catch(() => undefined)
        send(filter.failure(error))
      })
      // INVARIANT: never rejects, so that no response stays open and no rejection goes unhandled.
      .catch(() => void response.destroy())
  }
  /** An answer that is in the middle of leaving is cut off; any other fails after what was written before. */
  const fail = (error: unknown) => (large ? large.source.abort(error) : enqueue(() => Promise.reject(error)))
  const contentType = () => String(response.getHeader('content-type') ?? '')
  const isStream = () => /^text\/event-stream\b/i.test(contentType())

  const streamed = async (events: readonly StreamEvent[]) => {
    for (const event of events) {
      if (finished) return
      if (event.data === undefined || event.data === '') {
        write(writeEvent(event))
        continue
      }
      const message = readMessages(event.data)
      const released = message && !Array.isArray(message) ? await filter.release(message as JsonObject) : undefined
      // It may have been interrupted meanwhile.
      if (!released || finished) continue
      write(writeEvent({ ...event, data: JSON.stringify(released) }))
      if (!Object.hasOwn(released, 'method')) hasAnswered = true
    }
  }
  const whole = async () => {
    if (finished) return
    const text = Buffer.concat(held).toString('utf8')
    if (text === '' && (response.statusCode < 300 || response.statusCode === 304)) {
      if (!hasAnswered) throw endedWithout()
      await filter.unanswered()
      finished = true
      return end()
    }
    const message = /^application\/json\b/i.test(contentType()) ? readMessages(text) : undefined
    const released = isJsonObject(message) ? await filter.release(message) : undefined
    if (!released) {
      await filter.unanswered()
      const failure = filter.failure(undefined)
      // A refusal of the server's own (no such route, no such stream) keeps its status and loses its text.
      return send(response.statusCode >= 400 ? { ...failure, status: response.statusCode } : failure)
    }
    if (finished) return
    finished = true
    end(JSON.stringify(released))
  }
  /** Begins to release what was written, and what is written from now on, as it comes. */
  const startLarge = (isEvent: boolean, fields?: StreamEvent): LargeAnswer => {
    const channel = createResponseChannel(response, raw.write, () => {
      sendHead()
      if (isEvent) raw.write(`${writeEvent({ ...fields, data: '' }).slice(0, -2)}`)
    })
    const begun = createLargeAnswer(channel)
    large = begun
    enqueue(async () => {
      if (finished || !stream) return begun.source.discard()
      const isAnswer = await stream(begun.source.next, begun.output)
      if (finished) return
      begun.source.discard()
      large = undefined
      if (!isAnswer) return
      hasAnswered = true
      if (isEvent) return void raw.write('\n\n')
      finished = true
      raw.end()
    })
    return begun
  }
  const takeEvents = (text: string): void => {
    if (largeEvent && large) {
      const rest = largeEvent.feed(text)
      if (rest === undefined) return
      large.source.end()
      largeEvent = undefined
      takeEvents(rest)
      return
    }
    const events = readEvents(text)
    enqueue(events ? () => streamed(events) : tooLarge)
    if (!stream || readEvents.heldBack() <= mostHeld) return
    const rest = readEvents.takeBack()
    const begun = createLargeEvent((data) => large?.source.push(data))
    largeEvent = begun
    large = startLarge(true, begun.fields)
    takeEvents(rest)
  }
  const take = (chunk: unknown, encoding: unknown) => {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : (chunk as Uint8Array)
    if (finished) return
    if (isStream()) {
      // What is written at once is looked at in pieces, so that an event is not held because it came whole.
      const piece = stream && bytes.length > mostHeld ? PIECE : bytes.length
      for (let at = 0; at < bytes.length; at += piece) {
        takeEvents(decoder.decode(bytes.subarray(at, at + piece), { stream: true }))
      }
      return
    }
    if (large) return large.source.push(bytes)
    heldBytes += bytes.length
    if (heldBytes > mostHeld && /^application\/json\b/i.test(contentType()) && response.statusCode === 200 && stream) {
      const { source } = startLarge(false)
      for (const piece of [...held.splice(0), bytes]) source.push(piece)
      return
    }
    if (heldBytes > filter.maxBytes) return enqueue(tooLarge)
    held.push(bytes)
  }

  if (filter.timeout !== undefined) {
    const timer = setTimeout(() => fail(new LockstepError('invocation.timed-out')), filter.timeout)
    response.once('close', () => clearTimeout(timer))
  }
  response.once('close', () => large?.source.abort(new LockstepError('invocation.call-closed')))

  const intercepted = {
    writeHead(status: number, ...rest: (string | OutgoingHttpHeaders | readonly string[])[]) {
      if (finished) return response
      response.statusCode = status
      for (const [name, value] of headerEntries(rest.find((part) => typeof part === 'object')))
        response.setHeader(name, value)
      if (isStream()) enqueue(async () => sendHead())
      return response
    },
    flushHeaders() {
      if (isStream()) enqueue(async () => sendHead())
    },
    write(chunk: unknown, encoding?: unknown, callback?: unknown) {
      take(chunk, encoding)
      const done = [encoding, callback].find((part): part is Done => typeof part === 'function')
      if (done) enqueue(async () => done())
      if (large) return large.source.waiting < MOST_WAITING
      if (!response.writableNeedDrain) return true
      enqueue(async () => void response.emit('drain'))
      return false
    },
    end(chunk?: unknown, encoding?: unknown, callback?: unknown) {
      take(chunk, encoding)
      const done = [chunk, encoding, callback].find((part): part is Done => typeof part === 'function')
      if (done) response.once('finish', done)
      if (large) large.source.end()
      enqueue(async () => {
        if (!isStream()) return whole()
        if (finished) return
        if (!hasAnswered) throw endedWithout()
        await filter.unanswered()
        finished = true
        end()
      })
      return response
    },
  }
  Object.assign(response, intercepted, SILENCED)
  return {
    push: (message) =>
      enqueue(async () => {
        if (!finished && isStream() && response.headersSent) write(writeEvent({ data: JSON.stringify(message) }))
      }),
    over: over.signal,
    abandon: () => over.abort(ENDED),
    fail,
    interrupt(answer, { event, error }) {
      large?.source.abort(error)
      send(answer, event)
      setTimeout(() => response.writableFinished || response.destroy(), LONGEST_END_MS).unref()
    },
  }
}

/** Ways around the head and the body that carry a handler's own text. */
const SILENCED = {
  writeContinue: () => undefined,
  writeProcessing: () => undefined,
  writeEarlyHints: () => undefined,
  addTrailers: () => undefined,
}

/** Servers write nothing where they cannot write what a tool returned. */
const endedWithout = () => new LockstepError('invocation.handler-failed', 'the handler ended without an answer')

const tooLarge = () => Promise.reject(new LockstepError('execution.answer-too-large'))

function readMessages(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function* headerEntries(
  headers: OutgoingHttpHeaders | readonly string[] | string | undefined,
): Iterable<[string, string | string[]]> {
  if (headers === undefined || typeof headers === 'string') return
  if (Array.isArray(headers)) {
    for (let index = 0; index + 1 < headers.length; index += 2) yield [headers[index], headers[index + 1]]
    return
  }
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) yield [name, Array.isArray(value) ? value : String(value)]
}
