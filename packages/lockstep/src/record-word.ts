import { randomBytes } from 'node:crypto'
import type { AuditEvent, JsonObject } from '@lockstep/core'
import type { NamedState } from './open-named-state.ts'
import type { Output } from './output.ts'

/** What became of an operator's word. */
export interface RecordedWord {
  /** Whether anything was changed by it. */
  readonly isDone: boolean
  /** Finds the record. Absent when the state has no log of its own. */
  readonly trace: string | undefined
}

/**
 * Carries an operator's word out, and records it in the state's own audit log: the intent before anything changes, the outcome after. A log
 * that cannot be written rejects with `audit.unavailable` or `audit.tampered`, and nothing was changed.
 *
 * @param act changes what is kept, and says whether it did
 */
export async function recordWord(
  { openLog }: Pick<NamedState, 'openLog'>,
  detail: JsonObject,
  act: () => Promise<boolean>,
): Promise<RecordedWord> {
  const log = await openLog()
  try {
    const trace = randomBytes(16).toString('hex')
    const record = async (outcome: AuditEvent['outcome']) => log?.append({ trace, step: 'system', outcome, detail })
    await record('permitted')
    const isDone = await act()
    await record(isDone ? 'completed' : 'failed')
    return { isDone, trace: log && trace }
  } finally {
    await log?.close()
  }
}

/** Says that a word was carried out, and where its record is. */
export function sayDone(output: Output, done: string, { trace }: RecordedWord): void {
  output.say(`${done}\n`)
  output.say(trace ? `recorded under trace ${trace}\n` : 'not recorded: the state has no audit log\n')
}
