import type { AuthorizedCall } from '@lockstep/core'
import type { ReleaseOptions } from './release.ts'
import type { Releasing } from './release-structure.ts'
import { termsOf } from './terms-of.ts'
import { Withheld } from './withheld.ts'

const MOST_ROWS = 100_000
const MOST_VALUES = 4_000_000

/** Rows that left with messages before the result. INVARIANT: a limit holds of a call, so what left by another way counts. */
const rowsBefore = new WeakMap<AuthorizedCall, number>()

/** Begins one release under a call: of its result, or of something that it sends before. */
export function beginRelease(
  call: AuthorizedCall,
  { askRead, isFinalRow }: Pick<ReleaseOptions, 'askRead' | 'isFinalRow'>,
): Releasing {
  const limit = Math.min(termsOf(call.obligations).rows ?? MOST_ROWS, MOST_ROWS)
  return {
    ...{ call, askRead, isFinalRow, withheld: new Withheld(), labels: new Set(), layouts: new Map() },
    budget: { values: MOST_VALUES },
    rows: Math.max(0, limit - (rowsBefore.get(call) ?? 0)),
  }
}

/** Counts rows that left before the result. */
export function countRowsBefore(call: AuthorizedCall, rows: number): void {
  rowsBefore.set(call, (rowsBefore.get(call) ?? 0) + rows)
}
