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
