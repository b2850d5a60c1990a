import type { PGlite } from '@electric-sql/pglite'
import { createQualify, type Database, type Execute, unavailable } from '../sql/database.ts'

/** Creates the statements of our stores over an embedded database, whose tables are in its default schema. */
export function createPgliteDatabase(db: PGlite): Database {
  const qualify = createQualify('public')
  return {
    async rows<Row>(sql: string, parameters: readonly unknown[]) {
      try {
        return (await db.query<Row>(qualify(sql), [...parameters])).rows
      } catch (cause) {
        throw unavailable(cause)
      }
    },
  }
}

/** Runs a migration, all or nothing. */
export function migratePglite(db: PGlite, migrate: (execute: Execute) => Promise<void>): Promise<void> {
  return db.transaction((transaction) =>
    migrate(async <Row>(sql: string, parameters?: readonly unknown[]) => {
      if (parameters) return (await transaction.query<Row>(sql, [...parameters])).rows
      const results = await transaction.exec(sql)
      return (results.at(-1)?.rows ?? []) as Row[]
    }),
  )
}
