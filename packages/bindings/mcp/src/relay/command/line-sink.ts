import type { Writable } from 'node:stream'
import { LockstepError } from '@lockstep/core'
import { createSpool } from '@lockstep/execution/egress'
import { untilDrained } from '../../streamed/until-drained.ts'
import { findId } from './find-id.ts'
import type { OwedAnswer, OwedAnswers } from './owed-answers.ts'

/** Where the pieces of one long line go. */
export interface LineSink {
  /** Resolves when more may come. Rejects for more than there may be. */
  write(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
  /** The line breaks off. */
  fail(): void
}

/** What a line that nobody reads may hold, bytes, and how long it may take, milliseconds: its process does nothing else meanwhile. */
const MOST_UNREAD = 67_108_864
const LONGEST_UNREAD_MS = 2_000

/**
 * A line that answers this request: its text goes to whoever waits for it, no faster than it is read. What nobody reads is passed over.
 *
 * @param onStuck is told when what nobody reads does not come to an end
 */
export function answerSink(answer: OwedAnswer | undefined, onStuck: () => void): LineSink {
  const body: Writable | undefined = answer?.begin()
  let unread = 0
  let timer: NodeJS.Timeout | undefined
  return {
    async write(bytes) {
      if (body && !body.destroyed) {
        if (!body.write(bytes)) await untilDrained(body)
        return
      }
      timer ??= setTimeout(onStuck, LONGEST_UNREAD_MS).unref()
      unread += bytes.length
      if (unread > MOST_UNREAD) throw new LockstepError('execution.upstream-failed')
    },
    async end() {
      clearTimeout(timer)
      body?.end()
    },
    fail() {
      clearTimeout(timer)
      answer?.fail()
    },
  }
}

/** A line that says only at its end whose answer it is, while several are owed: it waits in an encrypted file without a name until then. */
export function spooledSink(owed: OwedAnswers, onStuck: () => void): LineSink {
  const spool = createSpool()
  return {
    write: (bytes) => spool.add(bytes),
    async end() {
      const decoder = new TextDecoder('utf-8', { fatal: true })
      const bytes = spool.read(0)
      const id = await findId(async () => {
        for (;;) {
          const { value, done } = await bytes.next()
          const text = done ? undefined : decoder.decode(value, { stream: true })
          if (text !== '') return text
        }
      })
      const sink = answerSink(typeof id === 'string' ? owed.take(id) : undefined, onStuck)
      try {
        for await (const piece of spool.read(0)) await sink.write(piece)
        await sink.end()
      } catch (error) {
        sink.fail()
        throw error
      } finally {
        await spool.close()
      }
    },
    fail: () => void spool.close().catch(() => undefined),
  }
}
