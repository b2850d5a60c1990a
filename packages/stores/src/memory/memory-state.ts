import type { Clock } from '@lockstep/core'
import { createFeedHub } from '../feed/create-feed-hub.ts'
import { createMemoryRateLimiter } from '../rate-limits/memory-rate-limiter.ts'
import type { State } from '../state.ts'
import { checkKeptName, checkOptions } from '../state-options.ts'
import { createMemoryApprovals } from './memory-approvals.ts'
import { createMemoryHistory } from './memory-history.ts'
import { createMemoryIdempotency } from './memory-idempotency.ts'
import { createMemoryJobs } from './memory-jobs.ts'
import { createMemoryRelations } from './memory-relations.ts'
import { createMemoryRevocations } from './memory-revocations.ts'
import { createMemorySingleUse } from './memory-single-use.ts'
import { createMemorySpending } from './memory-spending.ts'
import { createOpenState } from './open-state.ts'

/** Options of {@link createMemoryState}. */
export interface MemoryStateOptions {
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
  /** How many consumed ids are remembered at most; a full store refuses. @defaultValue 1000000 */
  readonly most?: number | undefined
}

/**
 * Creates state that ends with the process: for tests and first steps. After a restart consumed ids are forgotten, so
 * everything signed before must be refused by other means (a new key does that: `keep` makes one).
 */
export function createMemoryState(options: MemoryStateOptions): State {
  checkOptions(options, ['clock', 'most'], 'createMemoryState()')
  const open = createOpenState()
  const hub = createFeedHub()
  const revocations = createMemoryRevocations(open, hub)
  const singleUse = createMemorySingleUse({ ...options, revocations })
  const kept = new Map<string, Promise<string>>()

  return {
    singleUse,
    revocations,
    feed: { silence: () => 0, subscribe: hub.subscribe },
    history: createMemoryHistory(options.clock, open),
    spending: createMemorySpending(options.clock, open),
    approvals: createMemoryApprovals(options.clock, open),
    idempotency: createMemoryIdempotency(options.clock, open),
    jobs: createMemoryJobs(options.clock, open, revocations),
    relations: createMemoryRelations(open),
    rateLimiter: createMemoryRateLimiter(open.check),
    async keep(name, make) {
      checkKeptName(name)
      open.check()
      const known = kept.get(name)
      if (known) return known
      const made = Promise.resolve().then(make)
      kept.set(name, made)
      made.catch(() => kept.delete(name))
      return made
    },
    async close() {
      open.close()
      singleUse.close()
      kept.clear()
    },
  }
}
