/** Remembers the values that were used lately, under strings. */
export interface BoundedMemory<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
}

/**
 * Creates a memory of at most `capacity` values. What it forgets must cost time and nothing else. The libraries at hand keep an exact order
 * of use, which costs a write for every look; here there are two halves, and what was not used while one half filled is forgotten.
 */
export function createBoundedMemory<T>(capacity: number): BoundedMemory<T> {
  const half = Math.ceil(capacity / 2)
  let recent = new Map<string, T>()
  let older = new Map<string, T>()
  const set = (key: string, value: T) => {
    if (recent.size >= half && !recent.has(key)) {
      older = recent
      recent = new Map()
    }
    recent.set(key, value)
  }
  return {
    get(key) {
      const value = recent.get(key)
      if (value !== undefined) return value
      const old = older.get(key)
      if (old !== undefined) set(key, old)
      return old
    },
    set,
  }
}
