import { type AuthorizedCall, isLockstepError, type LabelQuestion, LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'
import { findLabels, type StatementAnswer } from './find-labels.ts'

/** Raises labels in the history of a call's subject and actor. They are durable when it resolves. */
export type RaiseLabels = (call: AuthorizedCall, labels: readonly string[]) => Promise<void>

/**
 * Raises the labels that an answer carries. It is silent about an answer that carries none.
 *
 * Rejects with `execution.database-failed` when they cannot be found out, and with `state.unavailable`, or the LockstepError
 * that `raise` rejected with, when they cannot be raised.
 */
export async function raiseLabels(
  call: AuthorizedCall,
  questions: readonly LabelQuestion[],
  answer: StatementAnswer,
  run: Query,
  raise: RaiseLabels,
): Promise<void> {
  const labels = await findLabels(questions, answer, run)
  if (labels.length === 0) return
  try {
    await raise(call, labels)
  } catch (error) {
    throw isLockstepError(error) ? error : new LockstepError('state.unavailable', 'what was read could not be recorded')
  }
}
