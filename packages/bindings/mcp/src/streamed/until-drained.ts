import type { Writable } from 'node:stream'

/** Waits until a stream may be written to again, is closed, or `over`. Never rejects. */
export function untilDrained(stream: Writable, over?: AbortSignal): Promise<void> {
  if (stream.closed || over?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done)
      over?.removeEventListener('abort', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
    over?.addEventListener('abort', done)
  })
}
