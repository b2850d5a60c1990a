import type { PGlite } from '@electric-sql/pglite'
import { LockstepError } from '@lockstep/core'

/** The format of the tables below. A folder of any other format is refused, never guessed at. */
const FORMAT_VERSION = 1

const TABLES = `
  create table lockstep_format (version integer not null);
  insert into lockstep_format values (${FORMAT_VERSION});
  create table single_use (
    digest bytea primary key,
    expires_at bigint not null
  );
  create index single_use_expiry on single_use (expires_at);
  create table single_use_horizon (forgotten_until bigint not null);
  insert into single_use_horizon values (0);
`

/** Creates the tables in an empty database, all or nothing. */
export async function createTables(db: PGlite): Promise<void> {
  await db.transaction(async (transaction) => {
    await transaction.exec(TABLES)
  })
}

/** Checks that a database has the format that this version reads. Rejects with `state.format`. */
export async function checkFormat(db: PGlite, folder: string): Promise<void> {
  const found = await readVersion(db)
  if (found === FORMAT_VERSION) return
  throw new LockstepError('state.format', `\`${folder}\`: expected ${FORMAT_VERSION}, got ${found ?? 'none'}`)
}

async function readVersion(db: PGlite): Promise<number | undefined> {
  const { rows: tables } = await db.query(`select 1 from pg_class where oid = to_regclass('lockstep_format')`)
  if (tables.length === 0) return undefined
  const { rows } = await db.query<{ version: number }>('select version from lockstep_format')
  return rows.length === 1 ? rows[0]?.version : undefined
}
