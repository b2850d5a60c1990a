import { type Clock, LockstepError, type SingleUse, type SingleUseStore } from '@lockstep/core'
import { checkStanding, checkUse, checkUseName } from '../check-use.ts'
import { singleUseDigest } from '../single-use-digest.ts'
import { checkOptions } from '../state-options.ts'
import type { MemoryRevocations } from './memory-revocations.ts'
import { processBornAt } from './process-born-at.ts'

/** Options of {@link createMemorySingleUse}. */
export interface MemorySingleUseOptions {
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
  /** How many ids are remembered at most, at about 200 bytes each; a full store refuses. @defaultValue 1000000 */
  readonly most?: number | undefined
  /** What was revoked. @defaultValue nothing */
  readonly revocations?: Pick<MemoryRevocations, 'covers'> | undefined
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
 * Creates a single-use store in this process. It never evicts by size: an evicted id is a replay, so a full store rejects with
 * `state.unavailable` until ids expire. Ids are forgotten by time alone, in slots of one second.
 *
 * No library serves: the caches at hand evict by size or by access.
 *
 * Answers `used` also for an id whose `expiresAt` lies at or before what was already forgotten, and for a proof that was issued before this
 * process began: another one may have taken it. Rejects with `state.unavailable` after `close()`, and with `TypeError` for a malformed use.
 */
export function createMemorySingleUse(options: MemorySingleUseOptions): MemorySingleUse {
  checkOptions(options, ['clock', 'most', 'revocations'], 'createMemorySingleUse()')
  const { clock, most = 1_000_000, revocations } = options
  if (!Number.isSafeInteger(most) || most < 1) throw new TypeError('`most` must be a whole number above 0')
  const consumed = new Set<string>()
  const slots = new Map<number, string[]>()
  const isRevoked: MemoryRevocations['covers'] = (standing) => revocations?.covers(standing) ?? false
  // Proofs name whole seconds, so the second in which the process began belongs to the process before.
  const bornAt = processBornAt(clock)
  // INVARIANT: everything that expires at or before `horizon` is refused, remembered or not. So a clock that jumps forward and
  // back cannot re-open an id.
  let horizon = Number.NEGATIVE_INFINITY
  let closed = false

  function check(): void {
    if (closed) throw new LockstepError('state.unavailable', 'the store is closed')
  }

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
    async consume(use) {
      check()
      checkUse(use)
      const { space, id, issuedAt, expiresAt, standing } = use
      const key = keyOf(space, id)
      const now = clock()
      forget(now)
      if (isRevoked(standing)) return 'revoked'
      if (consumed.has(key) || expiresAt <= Math.max(horizon, now)) return 'used'
      if (space === 'dpop' && issuedAt < bornAt) return 'used'
      if (consumed.size >= most) throw new LockstepError('state.unavailable', 'the store is full')
      consumed.add(key)
      const end = Math.ceil(expiresAt / SLOT_MS) * SLOT_MS
      const slot = slots.get(end)
      if (slot) slot.push(key)
      else slots.set(end, [key])
      return 'consumed'
    },
    async wasConsumed(space, id) {
      check()
      checkUseName(space, id)
      return consumed.has(keyOf(space, id))
    },
    async isRevoked(standing) {
      check()
      checkStanding(standing)
      return isRevoked(standing)
    },
    close() {
      closed = true
      consumed.clear()
      slots.clear()
    },
  }
}

/** Ids up to this long are kept as they are. */
const SHORT = 128

/** What an id is remembered by. Nothing leaves this process, so only the size is a reason to digest it; a digest has no colon. */
function keyOf(space: SingleUse['space'], id: string): string {
  return id.length <= SHORT ? `${space}:${id}` : singleUseDigest(space, id)
}
