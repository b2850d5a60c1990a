import type { ServerResponse } from 'node:http'

/** Waits until a response may be written to again, is closed, or `over`. Never rejects. */
export function untilDrained(response: ServerResponse, over: AbortSignal): Promise<void> {
  if (response.closed || over.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      over.removeEventListener('abort', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
    over.addEventListener('abort', done)
  })
}
