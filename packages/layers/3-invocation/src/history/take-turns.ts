/** Runs work one after the other where it has the same key. */
export type TakeTurns = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Creates turns. A key is forgotten with the last work that waits for it. */
export function createTurns(): TakeTurns {
  const last = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    last.set(key, mine)
    try {
      return await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
