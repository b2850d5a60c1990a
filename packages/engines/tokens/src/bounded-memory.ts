/** Remembers the values that were used last, under strings. */
export interface BoundedMemory<T> {
  readonly size: number
  get(key: string): T | undefined
  set(key: string, value: T): void
  delete(key: string): void
}

/**
 * Creates a memory of at most `capacity` values, of which the one that was used longest ago goes first. What it forgets must cost time
 * and nothing else. A Map keeps the order that this needs, so no library is taken in for it.
 */
export function createBoundedMemory<T>(capacity: number): BoundedMemory<T> {
  const values = new Map<string, T>()
  return {
    get size() {
      return values.size
    },
    get(key) {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set(key, value) {
      values.delete(key)
      values.set(key, value)
      if (values.size <= capacity) return
      for (const oldest of values.keys()) {
        values.delete(oldest)
        return
      }
    },
    delete: (key) => void values.delete(key),
  }
}
