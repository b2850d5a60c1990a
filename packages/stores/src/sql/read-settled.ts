import type { Database } from './database.ts'

const MOST_TRIES = 5

/**
 * Runs a statement that makes a row or finds the one that stands, until it does one of both. A racer that waited for another's row still
 * looks for it in the moment before the other was done, and sees nothing the first time.
 */
export async function readSettled<Row>(
  db: Database,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const [row] = await db.rows<Row>(sql, parameters)
    if (row) return row
  }
  return undefined
}
