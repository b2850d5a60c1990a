import type { JsonObject } from '@lockstep/core'

/** What one call may send at most, beside its answer. A call is bounded in time, so this is a rate as well. */
const MOST = { progress: 1_000, logs: 200, asks: 32 } as const
const MOST_CHARACTERS = 1_048_576

type Kind = keyof typeof MOST

/** Bounds and counts what one call sends. */
export interface Allowance {
  /** Whether another message of this kind may be looked at. */
  takes(kind: Kind): boolean
  /** Whether the text of a message still fits; what fits is used up. */
  fits(params: JsonObject): boolean
  count(what: Kind | 'held' | 'refused'): void
  counted(): JsonObject
}

/** Creates the allowance of one call. */
export function createAllowance(): Allowance {
  const seen = { progress: 0, logs: 0, asks: 0 }
  const counts: Record<Kind | 'held' | 'refused', number> = { progress: 0, logs: 0, asks: 0, held: 0, refused: 0 }
  let characters = 0
  return {
    takes(kind) {
      seen[kind] += 1
      return seen[kind] <= MOST[kind]
    },
    fits(params) {
      characters += JSON.stringify(params).length
      return characters <= MOST_CHARACTERS
    },
    count(what) {
      counts[what] += 1
    },
    counted() {
      const sent = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
      return Object.keys(sent).length > 0 ? { sent } : {}
    },
  }
}
