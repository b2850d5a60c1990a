import type { AuditRecord } from './audit-record.ts'
import { readRecords } from './read-records.ts'

/**
 * Reads the records of one trace from a log's files, in order: the chain of one request through the layers.
 *
 * Rejects with `audit.tampered` or `audit.unavailable`, as `readRecords` does.
 */
export async function readTrace(folder: string, trace: string): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { record } of readRecords(folder)) if (record.trace === trace) found.push(record)
  return found
}
