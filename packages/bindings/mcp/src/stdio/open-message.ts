import { type AuditSink, type ErrorCode, isLockstepError, type JsonObject, LockstepError } from '@lockstep/core'
import type { Inbound } from '../pipeline.ts'
import type { Passage } from '../revocation/open-exchanges.ts'
import { recordEnd } from '../revocation/record-end.ts'
import type { RestsOn } from '../revocation/rests-on.ts'

/** A message that the server has, until it is answered. */
export interface OpenMessage {
  /** Takes what the server sends for it. `isAnswer` says that nothing follows. Never rejects. */
  take(message: unknown, isAnswer: boolean): Promise<void>
  /** Answers in the server's place. Never rejects. */
  fail(code: ErrorCode): Promise<void>
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
  const { inbound, callMs, refuse } = parts
  const { exchange } = inbound
  const isCall = exchange.call !== undefined
  let over = false
  let work: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const finish = () => {
    over = true
    clearTimeout(timer)
    parts.onOver()
  }
  const fail = async (code: ErrorCode, error?: unknown) => {
    await inbound.unanswered(error).catch(() => undefined)
    if (over) return
    finish()
    inbound.close(await refuse(code))
    leave?.()
  }
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    // INVARIANT: never rejects, so that what fails is answered for and nothing is left open.
    work = work
      .then(async () => (over ? undefined : step()))
      .catch((error: unknown) => (over ? undefined : fail(codeOf(error), error)))
    return work
  }
  const leave = parts.passage.open(parts.restsOn, (code) => {
    finish()
    inbound.close(true)
    void refuse(code)
    void recordEnd(parts.audit, exchange, code)
  })
  const late = () => void enqueue(() => Promise.reject(new LockstepError('invocation.timed-out')))
  if (!leave) return undefined
  if (isCall && exchange.mode === 'enforce') timer = setTimeout(late, callMs)

  return {
    fail: (code) => enqueue(() => fail(code)),
    take(message, isAnswer) {
      return enqueue(async () => {
        // INVARIANT: released is what a client would read. An object with accessors or `toJSON` is written otherwise than it is looked at.
        const text = JSON.stringify(message)
        if (Buffer.byteLength(text) > parts.answerBytes) throw new RangeError('the answer is too large')
        const released = await inbound.release(JSON.parse(text) as JsonObject)
        // It may have been ended meanwhile.
        if (over) return
        if (!isAnswer) return void (released && (await parts.write(released)))
        if (!released) return fail('execution.result-unbound')
        finish()
        inbound.close(await parts.write(released))
        leave()
      })
    },
    abandon() {
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
