/** A map that forgets what was not used for longest once it is full. `Map` keeps insertion order, which is all it takes. */
export interface BoundedCache<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
  clear(): void
}

/** Creates a cache of at most `size` entries. */
export function createBoundedCache<T>(size: number): BoundedCache<T> {
  const entries = new Map<string, T>()
  return {
    get(key) {
      const found = entries.get(key)
      if (found === undefined) return undefined
      entries.delete(key)
      entries.set(key, found)
      return found
    },
    set(key, value) {
      if (size <= 0) return
      entries.delete(key)
      entries.set(key, value)
      if (entries.size > size) {
        const [oldest] = entries.keys()
        if (oldest !== undefined) entries.delete(oldest)
      }
    },
    clear() {
      entries.clear()
    },
  }
}
