import type { PGlite } from '@electric-sql/pglite'
import { runStatement } from './run-statement.ts'

/**
 * Marks every reservation as a call whose outcome is unknown: when the folder is opened, the process that made them is gone, because
 * it held the folder's lock until it died.
 */
export async function markUnknown(db: PGlite): Promise<void> {
  await runStatement(db, `update idempotency set state = 'unknown' where state = 'reserved'`, [])
}
