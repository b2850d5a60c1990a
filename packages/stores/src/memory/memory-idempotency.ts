import { type Clock, type IdempotencyRecord, type IdempotencyStore, LockstepError } from '@lockstep/core'
import { checkAnswer } from '../check-answer.ts'
import { checkReservation } from '../check-reservation.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import type { OpenState } from './open-state.ts'

interface Kept {
  readonly record: IdempotencyRecord
  readonly expiresAt: number
}

/**
 * Creates an idempotency store in this process. Only an answer expires: a reservation stands until its call ends. It knows no
 * unknown outcome, because it ends with the process whose death would cause one.
 */
export function createMemoryIdempotency(clock: Clock, open: OpenState): IdempotencyStore {
  const kept = new Map<string, Kept>()
  const forgetDue = createForgetDue(clock)

  function hasExpired({ record, expiresAt }: Kept, now: number): boolean {
    return record.state === 'committed' && expiresAt <= now
  }

  function find(key: string): Kept | undefined {
    const known = kept.get(key)
    return known && !hasExpired(known, clock()) ? known : undefined
  }

  function forget(now: number): void {
    if (!forgetDue(now)) return
    for (const [key, known] of kept) if (hasExpired(known, now)) kept.delete(key)
  }

  return {
    async get(key) {
      open.check()
      checkText('key', key)
      return find(key)?.record
    },
    async reserve(key, entry) {
      open.check()
      checkReservation(key, entry)
      forget(clock())
      const standing = find(key)
      if (standing) return standing.record
      const { digest, call, expiresAt } = entry
      kept.set(key, { record: { state: 'reserved', digest, call, at: Math.floor(clock()) }, expiresAt })
      return undefined
    },
    async commit(key, answer) {
      open.check()
      checkText('key', key)
      checkAnswer(answer)
      const known = kept.get(key)
      if (known?.record.state !== 'reserved') throw new LockstepError('state.unavailable', 'the key is not reserved')
      kept.set(key, { ...known, record: { ...known.record, state: 'committed', answer } })
    },
    async release(key) {
      open.check()
      checkText('key', key)
      if (kept.get(key)?.record.state === 'reserved') kept.delete(key)
    },
    async unresolved() {
      open.check()
      return []
    },
    async resolve(key) {
      open.check()
      checkText('key', key)
      return false
    },
  }
}
