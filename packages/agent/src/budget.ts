import { pause } from './pause.ts'

/** What one request may still do about refusals and lost answers. */
export interface Budget {
  /** Whether this may be done once more; counts it as done. */
  spend(kind: string): boolean
  /** Waits before a lost answer is asked for again. Rejects with the signal's reason. */
  afterLoss(): Promise<void>
  /** Waits while the server is busy, for so many milliseconds if it said so; false once patience is used up. Rejects as `afterLoss`. */
  whileBusy(ms: number | undefined): Promise<boolean>
}

/** How much that is. */
export interface BudgetOptions {
  /** How often each kind of thing is done. */
  readonly tries: number
  /** Milliseconds of waiting while the server is busy, all together. */
  readonly patience: number
  readonly signal: AbortSignal | undefined
}

/** Milliseconds of the first wait; each further one is twice as long. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 5_000

/** Creates the budget of one request. */
export function createBudget({ tries, patience, signal }: BudgetOptions): Budget {
  const spent = new Map<string, number>()
  let losses = 0
  let turns = 0
  let waited = 0
  return {
    spend(kind) {
      const turn = (spent.get(kind) ?? 0) + 1
      spent.set(kind, turn)
      return turn <= tries
    },
    afterLoss: () => pause(FIRST_PAUSE * 2 ** losses++, signal),
    async whileBusy(ms) {
      // attacker-controlled: `ms`.
      const longest = Math.min(patience - waited, LONGEST_PAUSE)
      if (longest < FIRST_PAUSE) return false
      const length = Math.min(Math.max(ms ?? FIRST_PAUSE * 2 ** turns++, FIRST_PAUSE), longest)
      waited += length
      await pause(length, signal)
      return true
    },
  }
}
