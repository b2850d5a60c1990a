/** Runs work one after the other where any of its keys is the same. */
export type TakeTurns = <T>(keys: Iterable<string>, work: () => Promise<T>) => Promise<T>

/** Creates turns. A key is forgotten with the last work that waits for it. */
export function createTurns(): TakeTurns {
  const last = new Map<string, Promise<unknown>>()
  return async (keys, work) => {
    const own = [...keys]
    // INVARIANT: all keys are taken in one turn of the event loop, so that no two works wait for each other.
    const before = Promise.allSettled(own.map((key) => last.get(key)))
    const mine = before.then(work)
    for (const key of own) last.set(key, mine)
    try {
      return await mine
    } finally {
      for (const key of own) if (last.get(key) === mine) last.delete(key)
    }
  }
}
