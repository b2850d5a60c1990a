import type { State } from '../state.ts'
import { waitForSecond } from '../wait-for-second.ts'
import { createMemoryState, type MemoryStateOptions } from './memory-state.ts'
import { processBornAt } from './process-born-at.ts'

/**
 * Creates state that ends with the process, as `createMemoryState` does, and resolves once it takes proofs of now: a process refuses those of
 * the second in which it began, because the one before it may have used them.
 */
export async function openMemoryState(options: MemoryStateOptions): Promise<State> {
  const state = createMemoryState(options)
  await waitForSecond(processBornAt(options.clock) - options.clock())
  return state
}
