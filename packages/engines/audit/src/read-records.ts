import { join } from 'node:path'
import { isLockstepError, LockstepError } from '@lockstep/core'
import { type AuditRecord, decodeRecord, MOST_RECORD_BYTES } from './audit-record.ts'
import { listRecordsFiles } from './log/log-files.ts'
import { readLines } from './log/read-lines.ts'

/** A record as it stands in the files, with its leaf hash. */
export interface StoredRecord {
  readonly record: AuditRecord
  readonly leaf: Buffer
}

/**
 * Reads the records of a log from its files, in order, also while it is being written. Each is held against its own hash on the
 * way; the signatures are not looked at (that is `verifyAuditLog`).
 *
 * Rejects with `audit.tampered`, naming the file and the line, or with `audit.unavailable`.
 */
export async function* readRecords(folder: string): AsyncGenerator<StoredRecord> {
  let seq = 0
  try {
    const files = await listRecordsFiles(folder)
    for (const [index, file] of files.entries()) {
      for await (const line of readLines(join(folder, file.name), MOST_RECORD_BYTES * 2)) {
        if (!line.whole && index === files.length - 1) return
        const stored = line.whole ? decodeRecord(line.bytes, seq) : undefined
        if (!stored) throw new LockstepError('audit.tampered', `${file.name} line ${line.number}, record ${seq}`)
        yield stored
        seq += 1
      }
    }
  } catch (cause) {
    if (isLockstepError(cause)) throw cause
    throw new LockstepError('audit.unavailable', `\`${folder}\` cannot be read`, { cause })
  }
}
