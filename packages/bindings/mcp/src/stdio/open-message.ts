import { type AuditSink, type ErrorCode, isLockstepError, type JsonObject, LockstepError } from '@lockstep/core'
import type { Inbound } from '../pipeline.ts'
import type { Passage } from '../revocation/open-exchanges.ts'
import { recordEnd } from '../revocation/record-end.ts'
import type { RestsOn } from '../revocation/rests-on.ts'
import { STREAM_FROM } from '../streamed/large-answer.ts'
import { type ComingAnswer, createComingAnswer } from './coming-answer.ts'
import type { LineWriter } from './write-lines.ts'

/** A message that the server has, until it is answered. */
export interface OpenMessage {
  /** Takes what the server sends for it. `isAnswer` says that nothing follows. Never rejects. */
  take(message: unknown, isAnswer: boolean): Promise<void>
  /** Takes the answer as it comes, which is read no faster than its client reads. Never rejects. */
  answer(text: AsyncIterable<Uint8Array>): Promise<void>
  /** Answers in the server's place, after what was taken before. Never rejects. */
  fail(error: unknown): Promise<void>
  /** Aborts once nothing that comes for it leaves any more. */
  readonly over: AbortSignal
  /** Nothing will leave for it any more: that is recorded, and a call is ended by its deadline. Never rejects. */
  abandon(): Promise<void>
}

/** What one open message needs. */
export interface OpenMessageParts {
  readonly inbound: Extract<Inbound, { kind: 'forward' }>
  readonly passage: Passage
  readonly restsOn: RestsOn
  readonly audit: AuditSink
  /** Bytes of one message that the server sends. */
  readonly answerBytes: number
  /** Milliseconds that a call may take. */
  readonly callMs: number
  readonly lines: LineWriter
  /** Writes what may leave. Resolves to whether it left whole. */
  readonly write: (message: JsonObject) => Promise<boolean>
  /** Refuses in the server's place, to the one who sent the message. Resolves to whether it left whole. */
  readonly refuse: (code: ErrorCode) => Promise<boolean>
  /** Is told that it is over. */
  readonly onOver: () => void
}

/**
 * Opens a message: from now on it is ended by whatever it rests on being revoked, and a call by its deadline. What the server sends for it is
 * released in the order in which it was sent. `undefined` when it was ended before it began; its sender is told then.
 */
export function openMessage(parts: OpenMessageParts): OpenMessage | undefined {
  const { inbound, answerBytes, callMs, refuse } = parts
  const { exchange, stream } = inbound
  const isCall = exchange.call !== undefined
  const over = new AbortController()
  const isOver = () => over.signal.aborted
  let coming: ComingAnswer | undefined
  let isAbandoned = false
  let work: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const finish = () => {
    over.abort()
    clearTimeout(timer)
    parts.onOver()
  }
  const fail = async (code: ErrorCode, error?: unknown) => {
    await inbound.unanswered(error).catch(() => undefined)
    if (isOver()) return
    finish()
    // INVARIANT: a connection that closes waits for no client that does not read.
    inbound.close(!isAbandoned && (await refuse(code)))
    leave?.()
  }
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    // INVARIANT: never rejects, so that what fails is answered for and nothing is left open.
    work = work
      .then(async () => (isOver() ? undefined : step()))
      .catch((error: unknown) => (isOver() ? undefined : fail(codeOf(error), error)))
    return work
  }
  /** An answer that is in the middle of leaving is cut off; any other fails after what was taken before. */
  const cut = (error: unknown) => {
    coming?.cut(error)
    return enqueue(() => Promise.reject(error))
  }
  const leave = parts.passage.open(parts.restsOn, (code) => {
    finish()
    inbound.close(true)
    coming?.cut(new LockstepError(code))
    void refuse(code)
    void recordEnd(parts.audit, exchange, code)
  })
  const late = () => void cut(new LockstepError('invocation.timed-out'))
  if (!leave) return undefined
  if (isCall && exchange.mode === 'enforce') timer = setTimeout(late, callMs)

  const done = (sent: boolean) => {
    inbound.close(sent)
    leave()
  }
  const release = async (text: string, isAnswer: boolean): Promise<void> => {
    if (Buffer.byteLength(text) > answerBytes) throw new LockstepError('execution.answer-too-large')
    const released = await inbound.release(JSON.parse(text) as JsonObject)
    // It may have been ended meanwhile.
    if (isOver()) return
    if (!isAnswer) return void (released && (await parts.write(released)))
    if (!released) return fail('execution.result-unbound')
    finish()
    done(await parts.write(released))
  }
  const releaseComing = async (answer: ComingAnswer): Promise<void> => {
    const most = stream ? Math.min(STREAM_FROM, answerBytes) : answerBytes
    const whole = await answer.release(stream, most).finally(answer.end)
    if (whole !== undefined) return release(whole, true)
    if (isOver()) return
    finish()
    done(true)
  }

  return {
    over: over.signal,
    fail: cut,
    take(message, isAnswer) {
      return enqueue(async () => {
        // INVARIANT: released is what a client would read. An object with accessors or `toJSON` is written otherwise than it is looked at.
        const text = JSON.stringify(message)
        if (!isAnswer || !stream || Buffer.byteLength(text) <= STREAM_FROM) return release(text, isAnswer)
        coming = createComingAnswer(parts.lines)
        coming.takeWhole(text)
        await releaseComing(coming)
      })
    },
    answer(text) {
      const begun = createComingAnswer(parts.lines)
      coming ??= begun
      void begun.take(text)
      return enqueue(() => releaseComing(begun)).finally(begun.end)
    },
    abandon() {
      isAbandoned = true
      coming?.cut(new LockstepError('invocation.call-closed'))
      return enqueue(async () => {
        finish()
        await inbound.unanswered()
        inbound.close(false)
        if (isCall) setTimeout(leave, callMs).unref()
        else leave()
      })
    },
  }
}

function codeOf(error: unknown): ErrorCode {
  return isLockstepError(error) ? error.code : 'invocation.handler-failed'
}
