import type { Kysely, SelectQueryBuilder } from 'kysely'

/** The line of Kysely that is under test. */
export type KyselyLine = Pick<typeof import('kysely'), 'CamelCasePlugin' | 'CompiledQuery' | 'Kysely' | 'sql'>

/** The tables that the matrix asks. */
export interface Database {
  expenses: { id: string; dept_id: number; vendor: string; amount: number; iban: string; investigation_note: string }
  departments: { id: number; name: string }
}

/** A guarded Kysely over them. */
export type Db = Kysely<Database>
/** Runs one migration that does nothing. Resolves to why it could not. */
export type Migrate = (db: Kysely<Database>) => Promise<unknown>

type Rows = readonly { readonly id?: unknown }[]

/** Answered with the caller's own rows: the ids are what the way returns. */
interface Answered {
  readonly way: string
  readonly answers: (db: Db) => Promise<Rows>
}

/** Refused with a code; nothing happens. */
export interface Refused {
  readonly way: string
  readonly refuses: (db: Db) => Promise<unknown>
}

/** One way of sending a statement through Kysely. */
export type SurfaceRow = Answered | Refused

/** Every column of every expense. */
export const all = (db: Db) => db.selectFrom('expenses').selectAll()
/** The ids alone. */
export const only = (db: Db) => db.selectFrom('expenses').select('id')

/** All rows of a stream. */
export async function streamed<O>(query: SelectQueryBuilder<Database, 'expenses', O>, size?: number): Promise<O[]> {
  const rows: O[] = []
  for await (const row of query.stream(size)) rows.push(row)
  return rows
}
