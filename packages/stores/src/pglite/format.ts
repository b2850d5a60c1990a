import type { PGlite } from '@electric-sql/pglite'
import { LockstepError } from '@lockstep/core'

/** What every version of the format adds to the one before it. What is written here is never changed, only added to. */
const STEPS: readonly string[] = [
  `create table lockstep_format (version integer not null);
  insert into lockstep_format values (1);
  create table single_use (
    digest bytea primary key,
    expires_at bigint not null
  );
  create index single_use_expiry on single_use (expires_at);
  create table single_use_horizon (forgotten_until bigint not null);
  insert into single_use_horizon values (0);`,

  `create table history_labels (
    caller bytea not null,
    label text not null,
    expires_at bigint not null,
    primary key (caller, label)
  );
  create index history_labels_expiry on history_labels (expires_at);
  create table approvals (
    id text primary key,
    binding text not null,
    issuer text not null,
    subject text not null,
    actor text not null,
    tool text not null,
    resource_type text,
    resource_id text,
    requested_at bigint not null,
    expires_at bigint not null,
    state text not null check (state in ('pending', 'approved', 'used')),
    approver_issuer text,
    approver_subject text,
    approved_at bigint
  );
  create unique index approvals_open on approvals (binding) where state <> 'used';
  create index approvals_expiry on approvals (expires_at);
  create table idempotency (
    key text primary key,
    state text not null check (state in ('reserved', 'committed', 'unknown', 'happened')),
    digest text not null,
    call text not null,
    at bigint not null,
    expires_at bigint not null,
    answer text
  );
  create index idempotency_expiry on idempotency (expires_at) where state = 'committed';
  create index idempotency_unknown on idempotency (at) where state = 'unknown';`,

  `create table revocations (
    name text primary key,
    revoked_until bigint not null
  );`,
]

/** The format that this version writes. An older one is brought up to it; any other is refused, never guessed at. */
const FORMAT_VERSION = STEPS.length

/** Creates the tables in an empty database, all or nothing. */
export async function createTables(db: PGlite): Promise<void> {
  await migrate(db, 0)
}

/** Brings a database of this or an older version to the present format, all or nothing. Rejects with `state.format`. */
export async function bringUpToFormat(db: PGlite, folder: string): Promise<void> {
  const found = await readVersion(db)
  if (found === FORMAT_VERSION) return
  if (found === undefined || !Number.isInteger(found) || found < 1 || found > FORMAT_VERSION) {
    throw new LockstepError('state.format', `\`${folder}\`: expected ${FORMAT_VERSION}, got ${found ?? 'none'}`)
  }
  try {
    await migrate(db, found)
  } catch (cause) {
    throw new LockstepError('state.format', `\`${folder}\`: version ${found} could not be migrated`, { cause })
  }
}

async function migrate(db: PGlite, from: number): Promise<void> {
  await db.transaction(async (transaction) => {
    for (const step of STEPS.slice(from)) await transaction.exec(step)
    await transaction.query('update lockstep_format set version = $1', [FORMAT_VERSION])
  })
}

async function readVersion(db: PGlite): Promise<number | undefined> {
  const { rows: tables } = await db.query(`select 1 from pg_class where oid = to_regclass('lockstep_format')`)
  if (tables.length === 0) return undefined
  const { rows } = await db.query<{ version: number }>('select version from lockstep_format')
  return rows.length === 1 ? rows[0]?.version : undefined
}
