import { LockstepError } from '@lockstep/core'
import type { Database } from './database.ts'

/**
 * How far proofs have come: every proof that was ever accepted was issued at or before the mark. A store that loses what it remembered
 * refuses all that was issued up to there, also proofs that were dated ahead. Times are milliseconds since the epoch.
 */
export interface ProofMark {
  /** Resolves once the mark is on disk at `issuedAt` or later. Rejects with `state.unavailable`. */
  cover(issuedAt: number): Promise<void>
  /** The mark as it is on disk. */
  read(): Promise<number>
}

/** The mark is moved ahead by this much, so that it is written every few seconds and not for every proof. */
const STEP_MS = 5_000

const COVER = `
  update {proofs_mark} set covered_until = greatest(covered_until, $1::bigint) returning covered_until`

/** Creates the mark over a database of the right format: a logged table, unlike the proofs. */
export function createProofMark(db: Database): ProofMark {
  // INVARIANT: never ahead of what is on disk.
  let covered = Number.NEGATIVE_INFINITY
  let moving: Promise<void> | undefined

  async function move(to: number): Promise<void> {
    const [row] = await db.rows<{ covered_until: number | string }>(COVER, [to])
    if (!row) throw new LockstepError('state.unavailable', 'the mark of the proofs is missing')
    covered = Math.max(covered, Number(row.covered_until))
  }

  return {
    async cover(issuedAt) {
      while (issuedAt > covered) {
        moving ??= move(issuedAt + STEP_MS).finally(() => {
          moving = undefined
        })
        await moving
      }
    },
    async read() {
      await move(0)
      return covered
    },
  }
}
