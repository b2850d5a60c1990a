import type { PGlite } from '@electric-sql/pglite'
import { LockstepError } from '@lockstep/core'

/**
 * Runs one statement and resolves to its rows. Rejects with `state.unavailable` when the database does not answer, also because it
 * is closed. The database's own message may quote parameters, so of its error only the SQLSTATE is passed on.
 */
export async function runStatement<Row>(db: PGlite, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
  try {
    return (await db.query<Row>(sql, [...parameters])).rows
  } catch (cause) {
    const state = cause instanceof Error && 'code' in cause ? `SQLSTATE ${String(cause.code)}` : undefined
    throw new LockstepError('state.unavailable', state)
  }
}
