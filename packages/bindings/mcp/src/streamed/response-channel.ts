import type { ServerResponse } from 'node:http'
import type { AnswerChannel } from './large-answer.ts'
import { untilDrained } from './until-drained.ts'

/**
 * The channel of an answer over HTTP.
 *
 * @param begin writes what stands before the answer
 */
export function createResponseChannel(
  response: ServerResponse,
  write: (piece: string) => boolean,
  begin: () => void,
): AnswerChannel {
  let hasBegun = false
  return {
    get hasBegun() {
      return hasBegun
    },
    taken: () => void response.emit('drain'),
    async send(piece, aborted) {
      if (response.closed) return false
      if (!hasBegun) begin()
      hasBegun = true
      // Node's own write takes bytes as well.
      if (write(piece as string)) return true
      // The guard tells of a drain too, when what a handler wrote has been taken.
      while (response.writableNeedDrain && !response.closed && !aborted.aborted) await untilDrained(response, aborted)
      return true
    },
  }
}
