import type { NamedState } from './open-named-state.ts'
import { type RecordedWord, recordWord } from './record-word.ts'
import { unresolvedCalls } from './unresolved-calls.ts'

/**
 * Closes a call whose outcome was unknown, and records it.
 *
 * @returns `undefined` when no such call has this key
 */
export async function resolveCall(
  state: NamedState,
  key: string,
  outcome: 'happened' | 'did-not-happen',
): Promise<RecordedWord | undefined> {
  const known = (await unresolvedCalls(state)).find((call) => call.key === key)
  if (!known) return undefined
  const isJob = known.purpose !== undefined
  const detail = {
    reason: 'lockstep calls resolve',
    resolved: known.call,
    as: outcome,
    ...(isJob ? { grant: key } : {}),
  }
  return recordWord(state, detail, async () => {
    // What it reserved is settled by the same word, whether or not a retry waits for it.
    const spender = known.run ?? known.call
    const returned = await state.spending.resolve(spender, outcome)
    if (isJob && outcome === 'happened') await state.spending.settle(spender)
    if (isJob) return state.jobs.resolve(key, outcome)
    return known.isKeyed ? state.idempotency.resolve(key, outcome) : returned
  })
}
