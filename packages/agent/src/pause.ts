import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for so many milliseconds. Rejects with the signal's reason once it is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  try {
    await sleep(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}
