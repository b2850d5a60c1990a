import { type Clock, LockstepError } from '@lockstep/core'
import type { State } from '../state.ts'
import { checkKeptName, checkOptions } from '../state-options.ts'
import { createMemorySingleUse } from './memory-single-use.ts'

/** Options of {@link createMemoryState}. */
export interface MemoryStateOptions {
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
}

/**
 * Creates state that ends with the process: for tests and first steps. After a restart consumed ids are forgotten, so
 * everything signed before must be refused by other means (a new key does that: `keep` makes one).
 */
export function createMemoryState(options: MemoryStateOptions): State {
  checkOptions(options, ['clock'], 'createMemoryState()')
  const singleUse = createMemorySingleUse(options)
  const kept = new Map<string, Promise<string>>()
  let closed = false

  return {
    singleUse,
    async keep(name, make) {
      checkKeptName(name)
      if (closed) throw new LockstepError('state.unavailable', 'the state is closed')
      const known = kept.get(name)
      if (known) return known
      const made = Promise.resolve().then(make)
      kept.set(name, made)
      made.catch(() => kept.delete(name))
      return made
    },
    async close() {
      closed = true
      singleUse.close()
      kept.clear()
    },
  }
}
