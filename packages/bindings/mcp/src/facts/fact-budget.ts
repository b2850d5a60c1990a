import { LockstepError } from '@lockstep/core'

/** How much may still be read into one set of facts. */
export interface FactBudget {
  /** @throws LockstepError `policy.facts-too-large` when this is more than is left */
  spend(values: number): void
}

/** Creates a budget of so many values. */
export function createFactBudget(values: number): FactBudget {
  let left = values
  return {
    spend(spent) {
      left -= spent
      if (left < 0) throw new LockstepError('policy.facts-too-large')
    },
  }
}
