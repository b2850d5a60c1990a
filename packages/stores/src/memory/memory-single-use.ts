import { type Clock, LockstepError, type SingleUseStore } from '@lockstep/core'
import { singleUseKey } from '../single-use-key.ts'
import { checkOptions } from '../state-options.ts'

/** Options of {@link createMemorySingleUse}. */
export interface MemorySingleUseOptions {
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
}

/** A single-use store that can be closed. */
export interface MemorySingleUse extends SingleUseStore {
  /** How many ids are remembered now. */
  readonly size: number
  /** Forgets everything and refuses from then on. */
  close(): void
}

const SLOT_MS = 1000

/**
 * Creates a single-use store in this process. It never evicts by size: a full memory is a crash, an evicted id is a replay.
 * Ids are forgotten by time alone, in slots of one second.
 *
 * No library serves: the caches at hand evict by size or by access.
 *
 * Resolves to false for an id that was consumed, and for one whose `expiresAt` lies at or before what was already forgotten.
 * Rejects with `state.unavailable` after `close()`, and with `TypeError` for a malformed id.
 */
export function createMemorySingleUse(options: MemorySingleUseOptions): MemorySingleUse {
  checkOptions(options, ['clock'], 'createMemorySingleUse()')
  const { clock } = options
  const consumed = new Set<string>()
  const slots = new Map<number, string[]>()
  // INVARIANT: everything that expires at or before `horizon` is refused, remembered or not. So a clock that jumps forward and
  // back cannot re-open an id.
  let horizon = Number.NEGATIVE_INFINITY
  let closed = false

  function forget(now: number): void {
    const until = Math.floor(now / SLOT_MS) * SLOT_MS
    if (until <= horizon) return
    horizon = until
    for (const [end, keys] of slots) {
      if (end > until) continue
      for (const key of keys) consumed.delete(key)
      slots.delete(end)
    }
  }

  return {
    get size() {
      return consumed.size
    },
    async consume(space, id, expiresAt) {
      if (closed) throw new LockstepError('state.unavailable', 'the store is closed')
      const key = singleUseKey(space, id, expiresAt)
      const now = clock()
      forget(now)
      if (consumed.has(key) || expiresAt <= Math.max(horizon, now)) return false
      consumed.add(key)
      const end = Math.ceil(expiresAt / SLOT_MS) * SLOT_MS
      const slot = slots.get(end)
      if (slot) slot.push(key)
      else slots.set(end, [key])
      return true
    },
    async wasConsumed(space, id) {
      if (closed) throw new LockstepError('state.unavailable', 'the store is closed')
      return consumed.has(singleUseKey(space, id))
    },
    close() {
      closed = true
      consumed.clear()
      slots.clear()
    },
  }
}
