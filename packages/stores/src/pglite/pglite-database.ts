import type { PGlite } from '@electric-sql/pglite'
import { createQualify, type Database, type Execute, unavailable } from '../sql/database.ts'

/** Creates the statements of our stores over an embedded database, whose tables are in its default schema. */
export function createPgliteDatabase(db: PGlite): Database {
  const qualify = createQualify('public')
  async function run<Row>(sql: string, parameters: readonly unknown[]) {
    try {
      return await db.query<Row>(qualify(sql), parameters.map(asText))
    } catch (cause) {
      throw unavailable(cause)
    }
  }
  return {
    rows: async <Row>(sql: string, parameters: readonly unknown[]) => (await run<Row>(sql, parameters)).rows,
    change: async (sql, parameters) => (await run(sql, parameters)).affectedRows ?? 0,
  }
}

function asText(parameter: unknown): unknown {
  return parameter instanceof BigInt64Array ? `{${parameter.join(',')}}` : parameter
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
