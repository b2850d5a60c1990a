import { setTimeout } from 'node:timers/promises'

/** Waits for the rest of the second in which an empty store was born, so that its first callers are not refused. No longer. */
export async function waitForSecond(ms: number): Promise<void> {
  if (ms > 0 && ms <= 1000) await setTimeout(Math.ceil(ms))
}
