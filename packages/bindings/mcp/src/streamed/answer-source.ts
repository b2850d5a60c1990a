import { JsonRejection } from '@lockstep/core'
import type { TextSource } from '@lockstep/execution/egress'

/** Text of an answer between who writes and who reads it, who do so at a pace of their own. */
export interface AnswerSource {
  /** Takes what was written. Bytes are UTF-8. */
  push(piece: Uint8Array | string): void
  /** All was written. */
  end(): void
  /** Nobody reads any more, or nobody may: whoever does is told this. */
  abort(error: unknown): void
  /** How much waits. */
  readonly waiting: number
  /** The next text. Rejects once aborted, and with JsonRejection for bytes that are no UTF-8. */
  readonly next: TextSource
  readonly aborted: AbortSignal
  /** What follows is not looked at. */
  discard(): void
}

/** As much is decoded at once. Bytes. */
const PIECE = 65_536

function afterOthers(text: string): Promise<string> {
  return new Promise((resolve) => setImmediate(resolve, text))
}

/** @param read is told when less waits than before, and so little that more may be written */
export function createAnswerSource(most: number, read: () => void): AnswerSource {
  const abort = new AbortController()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const queue: (Uint8Array | string)[] = []
  let waiting = 0
  let isEnded = false
  let isDiscarded = false
  let wake: (() => void) | undefined

  const stir = () => {
    wake?.()
    wake = undefined
  }
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch {
      throw new JsonRejection('malformed')
    }
  }
  const shift = (): string | undefined => {
    const piece = queue.shift()
    if (piece === undefined) return undefined
    const rest =
      piece.length > PIECE ? (typeof piece === 'string' ? piece.slice(PIECE) : piece.subarray(PIECE)) : undefined
    const taken = typeof piece === 'string' ? piece.slice(0, PIECE) : piece.subarray(0, PIECE)
    if (rest) queue.unshift(rest)
    const before = waiting
    waiting -= taken.length
    if (before >= most && waiting < most) read()
    return typeof taken === 'string' ? taken : decode(taken)
  }
  return {
    push(piece) {
      if (isDiscarded || abort.signal.aborted || piece.length === 0) return
      queue.push(piece)
      waiting += piece.length
      stir()
    },
    end() {
      isEnded = true
      stir()
    },
    abort(error) {
      abort.abort(error)
      queue.length = 0
      waiting = 0
      read()
      stir()
    },
    get waiting() {
      return waiting
    },
    async next() {
      for (;;) {
        abort.signal.throwIfAborted()
        const text = shift()
        // INVARIANT: others have their turn between two pieces: what came at once is cut off by a deadline like anything else.
        if (text) return afterOthers(text)
        if (text === '') continue
        if (isEnded) return decode() || undefined
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    aborted: abort.signal,
    discard() {
      isDiscarded = true
      queue.length = 0
      waiting = 0
      read()
    },
  }
}
