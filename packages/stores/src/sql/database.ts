import { LockstepError } from '@lockstep/core'

/**
 * A PostgreSQL that keeps state, embedded or served. In every statement a table of ours stands in braces: `{approvals}`. A parameter that is an
 * array of `bigint` may be given as a `BigInt64Array`.
 *
 * Both reject with `state.unavailable` when the database does not answer, also because it is closed.
 */
export interface Database {
  /** Runs one statement and resolves to its rows. */
  rows<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]>
  /** Runs one statement that returns nothing, and resolves to how many rows it inserted, updated or deleted. */
  change(sql: string, parameters: readonly unknown[]): Promise<number>
}

/** Runs text inside one transaction. Without parameters it may hold several statements. */
export type Execute = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>

/** What a failed statement rejects with. The database's own message may quote parameters, so of its error only the code is passed on. */
export function unavailable(cause: unknown): LockstepError {
  return new LockstepError('state.unavailable', failureOf(cause))
}

/** The SQLSTATE of a failure, or the code of the operating system. */
export function failureOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code && (/^[0-9A-Z]{5}$/.test(code) ? `SQLSTATE ${code}` : code)
}

/** Creates what puts the schema before the tables of a statement. Statements are constants, so each is read once. */
export function createQualify(schema: string): (sql: string) => string {
  const known = new Map<string, string>()
  return (sql) => {
    const found = known.get(sql) ?? sql.replace(/\{(\w+)\}/g, (_, table: string) => `${quoteName(schema)}.${table}`)
    known.set(sql, found)
    return found
  }
}

/** A name as SQL reads it back unchanged. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
