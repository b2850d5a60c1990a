import { isLockstepError, type LabelQuestion, LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'

/** What came back of a statement that was sent: its rows, or only that it failed, or that the policy did not permit what it was to write. */
export type StatementAnswer = readonly unknown[] | 'failed' | 'denied'

/**
 * Finds the labels that an answer carries: by the rows themselves where they show it, else by the probe. An answer that is an
 * error is decided by the probe: a division by zero can tell of any row that the statement looked at.
 *
 * Rejects with `execution.database-failed` when a probe cannot be answered.
 */
export async function findLabels(
  questions: readonly LabelQuestion[],
  answer: StatementAnswer,
  run: Query,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const { label, exposedAs, probe } of questions) {
    if (found.has(label)) continue
    const carried =
      exposedAs === undefined || typeof answer === 'string'
        ? await askProbe(probe, run)
        : answer.some((row) => !isUnlabeled(row, exposedAs))
    if (carried) found.add(label)
  }
  return [...found]
}

async function askProbe(probe: LabelQuestion['probe'], run: Query): Promise<boolean> {
  const rows = await run(probe.text, [...probe.parameters]).catch((error: unknown) => {
    throw isLockstepError(error) ? error : probeFailed()
  })
  const [row, ...more] = rows
  if (!row || more.length > 0) throw probeFailed()
  return !isUnlabeled(row, 'labeled')
}

// INVARIANT: only a cell that is certainly false or NULL says "no": a driver may have parsers of its own.
function isUnlabeled(row: unknown, name: string): boolean {
  if (typeof row !== 'object' || row === null || !Object.hasOwn(row, name)) return false
  const cell: unknown = Reflect.get(row, name)
  return cell === false || cell === null
}

function probeFailed(): LockstepError {
  return new LockstepError('execution.database-failed', 'the labels of what was read could not be found out')
}
