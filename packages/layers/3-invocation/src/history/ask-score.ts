import { type AnomalyInput, type AnomalyRule, type Denial, inTime } from '@lockstep/core'
import { baselineScore } from './baseline-score.ts'

const HIGHEST = 100
const DEFAULT_MS = 200

/** A score, or the denial that stands in its place. */
export type AskedScore = { readonly score: number } | { readonly denial: Denial }

/**
 * Asks how unusual a call is. INVARIANT: whatever goes wrong with the score makes the call look no more usual: it is denied with
 * `policy.facts-unavailable`, or counts as the highest.
 */
export async function askScore(
  { score = baselineScore, milliseconds = DEFAULT_MS, onFailure = 'deny' }: Omit<AnomalyRule, 'tools'>,
  input: AnomalyInput,
): Promise<AskedScore> {
  const found = await inTime(
    Promise.resolve().then(() => score.score(input)),
    milliseconds,
  ).catch(() => undefined)
  if (Number.isInteger(found) && (found as number) >= 0 && (found as number) <= HIGHEST) {
    return { score: found as number }
  }
  return onFailure === 'highest' ? { score: HIGHEST } : { denial: { code: 'policy.facts-unavailable' } }
}
