import type { Database } from './database.ts'

/**
 * Marks reservations that were made at `until` (milliseconds since the epoch) or before as calls whose outcome is unknown: whoever made them
 * must have ended by then.
 */
export async function markUnknown(db: Database, until: number): Promise<void> {
  await db.rows(`update {idempotency} set state = 'unknown' where state = 'reserved' and at <= $1`, [until])
}
