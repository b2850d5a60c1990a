import type { ServerResponse } from 'node:http'
import { LockstepError } from '@lockstep/core'
import type { AnswerOutput } from '@lockstep/execution/egress'
import { type AnswerSource, createAnswerSource } from './answer-source.ts'
import { untilDrained } from './until-drained.ts'

/** An answer that is released as it comes. */
export interface LargeAnswer {
  /** What a handler writes. */
  readonly source: AnswerSource
  /** What leaves; no faster than the client reads. */
  readonly output: AnswerOutput
  /** Whether anything has left. */
  readonly hasBegun: boolean
}

/** A handler is asked to wait while so much of what it wrote does. Bytes, or characters of an event. */
export const MOST_WAITING = 262_144

/** @param begin writes what stands before the answer */
export function createLargeAnswer(
  response: ServerResponse,
  write: (piece: string) => boolean,
  begin: () => void,
): LargeAnswer {
  const source = createAnswerSource(MOST_WAITING, () => response.emit('drain'))
  let hasBegun = false
  return {
    source,
    get hasBegun() {
      return hasBegun
    },
    output: {
      async write(piece) {
        source.aborted.throwIfAborted()
        if (response.closed) throw new LockstepError('invocation.call-closed')
        if (!hasBegun) begin()
        hasBegun = true
        // Node's own write takes bytes as well.
        if (!write(piece as string)) await drained(response, source.aborted)
      },
    },
  }
}

async function drained(response: ServerResponse, aborted: AbortSignal): Promise<void> {
  // The guard tells of a drain too, when what a handler wrote has been taken.
  while (response.writableNeedDrain && !response.closed && !aborted.aborted) await untilDrained(response, aborted)
  aborted.throwIfAborted()
}
