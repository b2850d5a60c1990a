import { type Clock, type IdempotencyRecord, type IdempotencyStore, LockstepError } from '@lockstep/core'
import { checkAnswer } from '../check-answer.ts'
import { checkReservation } from '../check-reservation.ts'
import { checkResolution } from '../check-resolution.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import type { OpenState } from './open-state.ts'

interface Kept {
  readonly record: IdempotencyRecord
  readonly expiresAt: number
}

/**
 * Creates an idempotency store in this process. Only an answer expires: a reservation stands until its call ends. It ends with the process
 * whose death would make an outcome unknown; one that could not be kept is.
 */
export function createMemoryIdempotency(clock: Clock, open: OpenState): IdempotencyStore {
  const kept = new Map<string, Kept>()
  /** Keys of unknown outcomes that an operator closed: they still read as unknown, for there is no answer to give again. */
  const closed = new Set<string>()
  const forgetDue = createForgetDue(clock)

  function hasExpired({ record, expiresAt }: Kept, now: number): boolean {
    return record.state === 'committed' && expiresAt <= now
  }

  function find(key: string): Kept | undefined {
    const known = kept.get(key)
    return known && !hasExpired(known, clock()) ? known : undefined
  }

  function isReserved(key: string, call: string): boolean {
    const record = kept.get(key)?.record
    return record?.state === 'reserved' && record.call === call
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
    async release(key, call) {
      open.check()
      checkText('key', key)
      if (isReserved(key, call)) kept.delete(key)
    },
    async abandon(key, call) {
      open.check()
      checkText('key', key)
      const known = kept.get(key)
      if (!known || !isReserved(key, call)) return
      const { digest, at } = known.record
      kept.set(key, { ...known, record: { state: 'unknown', digest, call, at } })
    },
    async unresolved() {
      open.check()
      return [...kept]
        .filter(([key, { record }]) => record.state === 'unknown' && !closed.has(key))
        .map(
          ([
            key,
            {
              record: { call, at },
            },
          ]) => ({ key, call, at }),
        )
        .sort((a, b) => a.at - b.at)
    },
    async resolve(key, outcome) {
      open.check()
      checkText('key', key)
      checkResolution(outcome)
      if (kept.get(key)?.record.state !== 'unknown' || closed.has(key)) return false
      if (outcome === 'happened') closed.add(key)
      else kept.delete(key)
      return true
    },
  }
}
