import { LockstepError } from '@lockstep/core'
import { holdBeginning } from '../streamed/hold-beginning.ts'
import { createLargeAnswer, MOST_WAITING } from '../streamed/large-answer.ts'
import type { StreamAnswer } from '../streamed/stream-answer.ts'
import { createLineChannel } from './line-channel.ts'
import type { LineWriter } from './write-lines.ts'

/** An answer on its way to one line. */
export interface ComingAnswer {
  /** Takes text as it comes, no faster than it is released. What comes once nothing leaves any more is not read. Never rejects. */
  take(text: AsyncIterable<Uint8Array>): Promise<void>
  /** Takes all of it. */
  takeWhole(text: string): void
  /**
   * Releases it as it comes by `stream`, and resolves to `undefined` then. Where it has at most `most` characters nothing is released, and it
   * resolves to the text. Rejects with what it was cut off for, and with `execution.answer-too-large` for more than may be held.
   */
  release(stream: StreamAnswer | undefined, most: number): Promise<string | undefined>
  /** Nothing of it leaves any more. */
  cut(error: unknown): void
  /** Ends its line, whole or not, so that others are written. */
  end(): void
}

/** Creates the way of one answer to its line. */
export function createComingAnswer(lines: LineWriter): ComingAnswer {
  let wake = () => {}
  const channel = createLineChannel(lines, () => wake())
  const { source, output } = createLargeAnswer(channel)
  return {
    async take(text) {
      try {
        for await (const piece of text) {
          source.push(piece)
          if (source.waiting >= MOST_WAITING) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
          if (source.aborted.aborted) return
        }
        source.end()
      } catch (error) {
        source.abort(error)
      }
    },
    takeWhole(text) {
      source.push(text)
      source.end()
    },
    async release(stream, most) {
      const { text, from } = await holdBeginning(source.next, most)
      if (!from) return text
      if (!stream) throw new LockstepError('execution.answer-too-large')
      // The pipeline knows the id that the server has the request under.
      if (!(await stream(from, output, null))) throw new LockstepError('execution.result-unbound')
      return undefined
    },
    cut: (error) => source.abort(error),
    end() {
      source.abort(new LockstepError('invocation.call-closed'))
      channel.end()
    },
  }
}
