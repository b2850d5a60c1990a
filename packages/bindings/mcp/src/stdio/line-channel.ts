import type { AnswerChannel } from '../streamed/large-answer.ts'
import type { BegunLine, LineWriter } from './write-lines.ts'

/** The channel of an answer that leaves on one line, in its turn. */
export interface LineChannel extends AnswerChannel {
  /** Ends the line, where one was begun. What stands on it is JSON only if all of the answer has left. */
  end(): void
}

/** @param taken see `AnswerChannel` */
export function createLineChannel(lines: LineWriter, taken: () => void): LineChannel {
  let line: BegunLine | undefined
  return {
    get hasBegun() {
      return line?.hasBegun ?? false
    },
    taken,
    async send(piece, aborted) {
      line ??= await lines.begin()
      // It may have been cut off while another line was written.
      return aborted.aborted ? false : line.write(piece, aborted)
    },
    end() {
      line?.end()
      line = undefined
    },
  }
}
