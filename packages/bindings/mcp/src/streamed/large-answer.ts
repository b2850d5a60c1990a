import { LockstepError } from '@lockstep/core'
import type { AnswerOutput } from '@lockstep/execution/egress'
import { type AnswerSource, createAnswerSource } from './answer-source.ts'

/** An answer that is released as it comes. */
export interface LargeAnswer {
  /** What a handler writes. */
  readonly source: AnswerSource
  /** What leaves; no faster than the client reads. */
  readonly output: AnswerOutput
  /** Whether anything has left. */
  readonly hasBegun: boolean
}

/** The way from an answer to its client. */
export interface AnswerChannel {
  /** Whether anything has left by it. */
  readonly hasBegun: boolean
  /** Is told that what was written has been taken, so that more may be. */
  taken(): void
  /**
   * Lets a piece leave. Resolves when more may leave, or nothing may: to false when nothing of this one has, because nobody is there any more or
   * it was aborted.
   */
  send(piece: string | Uint8Array, aborted: AbortSignal): Promise<boolean>
}

/** An answer that is larger is released as it comes, where it can be. Bytes. */
export const STREAM_FROM = 1_048_576
/** A handler is asked to wait while so much of what it wrote does. Bytes, or characters of an event. */
export const MOST_WAITING = 262_144

/** Joins what a handler writes with the channel that it leaves by. */
export function createLargeAnswer(channel: AnswerChannel): LargeAnswer {
  const source = createAnswerSource(MOST_WAITING, () => channel.taken())
  return {
    source,
    get hasBegun() {
      return channel.hasBegun
    },
    output: {
      async write(piece) {
        source.aborted.throwIfAborted()
        // INVARIANT: what has left is never said not to have: an abort after it is told with the next piece.
        if (await channel.send(piece, source.aborted)) return
        source.aborted.throwIfAborted()
        throw new LockstepError('invocation.call-closed')
      },
    },
  }
}
