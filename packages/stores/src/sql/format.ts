import { LockstepError } from '@lockstep/core'
import { RATE_LIMIT_TABLE } from '../rate-limits/postgres-rate-limiter.ts'
import type { Execute } from './database.ts'

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
  );
  create table kept (
    name text primary key,
    content text not null
  );
  create unlogged table proofs (
    digest bytea primary key,
    expires_at bigint not null
  );
  create index proofs_expiry on proofs using brin (expires_at);
  drop index single_use_expiry;
  create index single_use_expiry on single_use using brin (expires_at);
  create unlogged table proofs_birth (
    single boolean primary key default true check (single),
    born_at bigint not null
  );
  create table proofs_mark (covered_until bigint not null);
  insert into proofs_mark values (0);
  ${RATE_LIMIT_TABLE}`,

  `create table relation_tuples (
    object text not null,
    relation text not null,
    subject text not null,
    revision bigint not null,
    is_removed boolean not null,
    primary key (object, relation, subject)
  );
  create index relation_tuples_revision on relation_tuples (revision);
  create table relation_head (
    single boolean primary key default true check (single),
    revision bigint not null,
    forgotten_until bigint not null,
    tuples bigint not null
  );
  insert into relation_head (revision, forgotten_until, tuples) values (0, 0, 0);`,

  `alter table revocations add column revision bigint not null default 1;
  create index revocations_lasting on revocations (name) where revoked_until in (0, 9007199254740991);`,

  // Half of the digest, in the type that is compared fastest. An instance of before, which would look for whole ones, is refused by the type.
  `alter table single_use alter column digest type uuid using encode(substring(digest from 1 for 16), 'hex')::uuid;
  alter table proofs alter column digest type uuid using encode(substring(digest from 1 for 16), 'hex')::uuid;`,

  // A quarter of it, in a type that takes a third less to insert, and which batch a row came with.
  `alter table single_use alter column digest type bigint using ('x' || left(replace(digest::text, '-', ''), 16))::bit(64)::bigint;
  alter table single_use add column batch bigint;
  alter table proofs alter column digest type bigint using ('x' || left(replace(digest::text, '-', ''), 16))::bit(64)::bigint;
  alter table proofs add column batch bigint;`,

  `create table jobs (
    id text primary key,
    digest text not null,
    issuer text not null,
    subject text not null,
    actor text not null,
    tool text not null,
    purpose text not null,
    call text not null,
    trace text not null,
    granted_at bigint not null,
    expires_at bigint not null,
    most_starts integer not null,
    state text not null check (state in ('waiting', 'running', 'unknown', 'completed', 'failed', 'cancelled')),
    starts integer not null,
    changed_at bigint not null,
    runner text,
    leased_until bigint,
    answer text
  );
  create index jobs_expiry on jobs (expires_at) where state not in ('running', 'unknown');
  create index jobs_open on jobs (granted_at) where state in ('waiting', 'running', 'unknown');`,

  `create table spending (
    counter text not null,
    call text not null,
    amount bigint not null check (amount >= 0),
    at bigint not null,
    is_settled boolean not null,
    expires_at bigint not null,
    forget_at bigint not null,
    primary key (counter, call)
  );
  create index spending_window on spending (counter, at) include (amount);
  create index spending_call on spending (call);
  create index spending_open on spending (expires_at) where not is_settled;
  create index spending_forgotten on spending (forget_at);
  create table spending_heads (
    counter text primary key,
    last text not null,
    previous text,
    forget_at bigint not null
  );
  create index spending_heads_forgotten on spending_heads (forget_at);
  create table call_uses (
    of text not null,
    name text not null,
    first_at bigint not null,
    last_at bigint not null,
    times bigint not null,
    forget_at bigint not null,
    primary key (of, name)
  );
  create index call_uses_forgotten on call_uses (forget_at);`,

  // Requests wait for minutes: those of before are asked for again, in a table that keeps what became of each.
  `drop table approvals;
  create table approvals (
    id text primary key,
    binding text not null,
    issuer text not null,
    subject text not null,
    actor text not null,
    tool text not null,
    resource_type text,
    resource_id text,
    asked text not null,
    said text not null,
    consents text not null default '[]',
    given integer not null default 0,
    requested_at bigint not null,
    expires_at bigint not null,
    state text not null check (state in ('pending', 'approved', 'used', 'denied', 'withdrawn', 'expired')),
    is_standing boolean not null,
    caller_place integer,
    asked_place integer,
    ended_at bigint,
    ended_by text,
    is_told boolean not null
  );
  create unique index approvals_standing on approvals (binding) where is_standing;
  create unique index approvals_caller_place on approvals (issuer, subject, actor, caller_place) where caller_place is not null;
  create unique index approvals_asked_place on approvals (asked, asked_place) where asked_place is not null;
  create index approvals_pending on approvals (requested_at) where state = 'pending';
  create index approvals_due on approvals (expires_at) where is_standing;
  create index approvals_requester on approvals (issuer, subject, actor, requested_at);
  create index approvals_requested on approvals (requested_at);
  create index approvals_expiry on approvals using brin (expires_at);
  create table approval_notices (
    id text primary key,
    approval text not null references approvals (id) on delete cascade,
    event text not null check (event in ('requested', 'decided', 'withdrawn', 'expired')),
    at bigint not null,
    due_at bigint not null,
    attempts integer not null default 0,
    is_given_up boolean not null default false
  );
  create index approval_notices_due on approval_notices (due_at) where not is_given_up;
  create index approval_notices_of on approval_notices (approval);`,

  // What an obligation tells is about a call, not about a request: what it says is in the row.
  `alter table approval_notices alter column approval drop not null;
  alter table approval_notices add column obliged text;
  alter table approval_notices drop constraint approval_notices_event_check;
  alter table approval_notices add constraint approval_notices_event_check check (
    case when event = 'obliged' then approval is null and obliged is not null
    else event in ('requested', 'decided', 'withdrawn', 'expired') and approval is not null and obliged is null end
  );
  create index approval_notices_obliged on approval_notices (at) where event = 'obliged';`,
]

/** The format that this version writes. An older one is brought up to it; any other is refused, never guessed at. */
const FORMAT_VERSION = STEPS.length

/** Where the tables are, or will be. */
export interface FormatPlace {
  readonly schema: string
  /** Names the place in messages. */
  readonly name: string
}

/** Creates the tables, inside a transaction whose search path is the schema. */
export function createTables(execute: Execute): Promise<void> {
  return migrate(execute, 0)
}

/**
 * Brings tables of this or an older version to the present format, inside a transaction whose search path is the schema. Rejects with
 * `state.format`; the transaction must then be rolled back.
 */
export async function bringUpToFormat(execute: Execute, { schema, name }: FormatPlace): Promise<void> {
  const found = await readVersion(execute, schema)
  if (found === FORMAT_VERSION) return
  if (found === undefined || !Number.isInteger(found) || found < 1 || found > FORMAT_VERSION) {
    throw new LockstepError('state.format', `\`${name}\`: expected ${FORMAT_VERSION}, got ${found ?? 'none'}`)
  }
  try {
    await migrate(execute, found)
  } catch (cause) {
    throw new LockstepError('state.format', `\`${name}\`: version ${found} could not be migrated`, { cause })
  }
}

/** Whether there are tables of ours, of whatever version. */
export async function hasFormat(execute: Execute, schema: string): Promise<boolean> {
  const found = `select 1 from pg_catalog.pg_tables where schemaname = $1 and tablename = 'lockstep_format'`
  return (await execute(found, [schema])).length > 0
}

async function migrate(execute: Execute, from: number): Promise<void> {
  for (const step of STEPS.slice(from)) await execute(step)
  await execute('update lockstep_format set version = $1', [FORMAT_VERSION])
}

async function readVersion(execute: Execute, schema: string): Promise<number | undefined> {
  if (!(await hasFormat(execute, schema))) return undefined
  const rows = await execute<{ version: number }>('select version from lockstep_format')
  return rows.length === 1 ? rows[0]?.version : undefined
}
