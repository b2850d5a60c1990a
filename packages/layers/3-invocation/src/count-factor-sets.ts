import { MOST_APPROVERS } from './possible-needs.ts'

/** Sets of factors that one denial may be asked about again with. */
export const MOST_FACTOR_SETS = 2_048

/** How many factors are declared, of each kind. */
export interface DeclaredCounts {
  readonly acrValues: number
  readonly maxAges: number
  /** Relations whose people may consent. */
  readonly approvers: number
}

/**
 * How many sets of declared factors a denial is asked about at most, whatever the call, the caller and the policy: every sign-in with every number of people of
 * every relation.
 */
export function countFactorSets({ acrValues, maxAges, approvers }: DeclaredCounts): number {
  const signIns = acrValues + maxAges + acrValues * maxAges
  let needs = 0
  let ofSize = 1
  for (let size = 1; size <= MOST_APPROVERS; size += 1) {
    // So many people of so many relations, in any order: with repetition.
    ofSize = (ofSize * (approvers + size - 1)) / size
    needs += ofSize
  }
  return (signIns + 1) * (needs + 1) - 1
}
