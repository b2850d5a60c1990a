/** Remembers the values that were used lately, under strings. */
export interface BoundedMemory<T> {
  get(key: string): T | undefined
  /** Remembers a value. Where values have a size, one that grew is set again. */
  set(key: string, value: T): void
}

/** How much a memory may hold beside its number of values. */
export interface MemorySize<T> {
  /** The most bytes, or whatever `of` counts, of all values together. */
  readonly most: number
  readonly of: (key: string, value: T) => number
}

/**
 * Creates a memory of at most `capacity` values. What it forgets must cost time and nothing else. The libraries at hand keep an exact order
 * of use, which costs a write for every look; here there are two halves, and what was not used while one half filled is forgotten.
 *
 * @param size a second bound; a value that alone takes more than half of it is not remembered
 */
export function createBoundedMemory<T>(capacity: number, size?: MemorySize<T>): BoundedMemory<T> {
  const half = Math.ceil(capacity / 2)
  const mostBytes = size ? size.most / 2 : 0
  let recent = new Map<string, T>()
  let older = new Map<string, T>()
  // INVARIANT: never less than the size of `recent`; a value that is set twice counts twice.
  let held = 0
  const set = (key: string, value: T) => {
    const bytes = size ? size.of(key, value) : 0
    if (bytes > mostBytes) {
      recent.delete(key)
      older.delete(key)
      return
    }
    if ((recent.size >= half && !recent.has(key)) || held + bytes > mostBytes) {
      older = recent
      recent = new Map()
      held = 0
    }
    recent.set(key, value)
    held += bytes
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
