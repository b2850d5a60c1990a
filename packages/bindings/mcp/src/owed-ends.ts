import type { IdempotencyStore } from '@lockstep/core'

/** How a reservation ends without an answer. */
type End = 'release' | 'abandon'

/** The ends of reservations that the store could not take when they came, because it was down. */
export interface OwedEnds {
  /** Ends the reservation of a call, now or as soon as the store is there again. Never rejects. */
  end(key: string, call: string, how: End): Promise<void>
  /** Tells the store what is owed of this key. Rejects while it is down: nobody may go on with the key before. */
  settle(key: string): Promise<void>
  /** Tells it everything that is owed, after it has answered again. Never rejects. */
  settleAll(): Promise<void>
}

/** Beyond these an operator resolves what is left, as after a crash. */
const MOST = 10_000

/**
 * Creates the memory of what is owed to one store: a call that was refused because the store went down after its key was reserved must not block
 * the key until an operator looks.
 */
export function createOwedEnds(store: IdempotencyStore): OwedEnds {
  const owed = new Map<string, { readonly call: string; readonly how: End }>()

  const settle: OwedEnds['settle'] = async (key) => {
    const due = owed.get(key)
    if (!due) return
    await store[due.how](key, due.call)
    if (owed.get(key) === due) owed.delete(key)
  }
  const settleOwed = async () => {
    for (const key of [...owed.keys()]) await settle(key).catch(() => undefined)
  }
  let settling: Promise<void> | undefined
  return {
    settle,
    async end(key, call, how) {
      if (owed.size >= MOST && !owed.has(key)) {
        await store[how](key, call).catch(() => undefined)
        return
      }
      owed.set(key, { call, how })
      await settle(key).catch(() => undefined)
    },
    settleAll() {
      settling ??= settleOwed().finally(() => {
        settling = undefined
      })
      return settling
    },
  }
}
