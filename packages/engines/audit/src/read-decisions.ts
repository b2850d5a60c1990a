import type { AuditRecord } from './audit-record.ts'
import { readRecords } from './read-records.ts'

/**
 * Reads the recorded decisions of one trace, or the one on the call of this id, in order: what was permitted, what was denied, and what would
 * have been while observing. Denied calls have no id of their own; their trace finds them.
 *
 * Rejects with `audit.tampered` or `audit.unavailable`, as `readRecords` does.
 */
export async function readDecisions(folder: string, id: string): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { record } of readRecords(folder)) {
    const isNamed = record.trace === id || record.detail?.call === id
    if (isNamed && (record.step === 'invocation' || record.outcome === 'denied')) found.push(record)
  }
  return found
}

/**
 * Reads the last denials of a log, oldest first: the way to a decision of which nobody kept the trace. Rejects as `readRecords` does.
 *
 * @param most how many at most
 */
export async function readDenials(folder: string, most: number): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { record } of readRecords(folder)) {
    if (record.outcome !== 'denied') continue
    found.push(record)
    if (found.length > most) found.shift()
  }
  return found
}
