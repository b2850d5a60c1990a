import { LockstepError, plainText, type RedactedTexts, type TextRedactor } from '@lockstep/core'
import type { RedactedKind } from './detector.ts'
import { type RedactThread, startRedactThread } from './redact-thread.ts'
import type { RedactOrder, RedactReport } from './redact-worker.ts'
import type { TextPart } from './text-window.ts'

/** How texts are searched. */
export interface TextRedactorOptions {
  /** What is removed, also kinds of one's own. @defaultValue all that is found */
  readonly kinds?: readonly (RedactedKind | (string & {}))[] | undefined
  /** Modules of one's own that export `detect`, a `Detect`; they run in the thread, after the ones that come with this package. */
  readonly detectors?: readonly URL[] | undefined
  /** The longest that the texts of one result are searched, in milliseconds. @defaultValue 2000 */
  readonly deadline?: number | undefined
  /** The most that one result may have, in UTF-16 code units. @defaultValue 4194304 */
  readonly mostCharacters?: number | undefined
  /** How many results may wait for the thread. @defaultValue 256 */
  readonly mostWaiting?: number | undefined
}

/** A redactor that has a thread, and may be used for streams. */
export interface ThreadedRedactor extends TextRedactor {
  /** Redacts a part of a text that goes on, which was sanitized: as far as it can be decided on. */
  redactPart(part: TextPart): Promise<{ readonly text: string; readonly end: number }>
  close(): Promise<void>
}

const MEGABYTES = 256

/**
 * Creates what removes secrets and personal data from texts. It searches in a thread, one result after the other: a detector that does not end is
 * ended with its thread, and whatever it was to release is refused. Texts are sanitized first, so that nothing hidden divides a secret.
 *
 * The thread starts with the first text. Errors: `execution.obligation-failed` when a text cannot be searched; nothing of it may leave.
 *
 * @example
 * ```ts
 * const redactor = createTextRedactor({ kinds: ['api-key', 'email'] })
 * const { texts, found } = await redactor.redact(['mail anna@example.com'])
 * // ['mail [email]'], { email: 1 }
 * ```
 */
export function createTextRedactor(options: TextRedactorOptions = {}): ThreadedRedactor {
  const { deadline = 2000, mostCharacters = 4_194_304, mostWaiting = 256 } = options
  const setting = { kinds: options.kinds, detectors: (options.detectors ?? []).map(String) }
  let thread: RedactThread | undefined
  let isClosed = false
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const ask = async (order: RedactOrder): Promise<Exclude<RedactReport, string>> => {
    if (isClosed) throw new LockstepError('execution.obligation-failed')
    const asked = thread ?? startRedactThread(setting, MEGABYTES)
    thread = asked
    try {
      return await asked.ask(order, deadline)
    } catch {
      // INVARIANT: a thread that failed is never asked again; it may still be searching.
      if (thread === asked) thread = undefined
      await asked.end()
      throw new LockstepError('execution.obligation-failed')
    }
  }
  const inTurn = async (order: RedactOrder, signal?: AbortSignal) => {
    const texts = 'part' in order ? [order.part.text] : order.texts
    const characters = texts.reduce((sum, text) => sum + text.length, 0)
    if (characters > mostCharacters || waiting >= mostWaiting) throw new LockstepError('execution.obligation-failed')
    waiting += 1
    const turn = last.then(() => {
      if (signal?.aborted) throw new LockstepError('execution.obligation-failed')
      return ask(order)
    })
    last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      waiting -= 1
    }
  }
  return {
    async redact(texts, signal): Promise<RedactedTexts> {
      if (texts.length === 0) return { texts, found: {} }
      const { texts: redacted, found } = await inTurn({ texts: texts.map(plainText) }, signal)
      return { texts: redacted, found }
    },
    async redactPart(part) {
      const { texts, end } = await inTurn({ part })
      return { text: texts[0] ?? '', end }
    },
    async close() {
      isClosed = true
      const ended = thread
      thread = undefined
      await ended?.end()
    },
  }
}
