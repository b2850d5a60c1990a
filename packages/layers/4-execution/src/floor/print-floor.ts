import { quoteName, quoteText } from '../database/quote.ts'
import { blindViews } from './blind-views.ts'
import { floorFunctions } from './floor-functions.ts'
import type { FloorPlan } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'
import { tableFloor } from './table-floor.ts'

/** Policies that a floor makes and drops. */
export const FLOOR_POLICIES = [
  'lockstep_read',
  'lockstep_create',
  'lockstep_update',
  'lockstep_delete',
  'lockstep_look',
  'lockstep_exempt',
]

/**
 * The statements that lay a floor, in their order and without the transaction around them: `lockstep rls check` runs them and takes them back.
 * The same plan makes the same text, and running it again changes nothing.
 */
export function floorStatements(plan: FloorPlan, roles: NamedRoles, schema: string): string {
  const sections = [
    ['The roles', roleStatements(roles)],
    ['What an earlier floor left', leftovers(schema)],
    ['Calls: who asks, behind a handle that the application can neither read nor make', callStatements(roles, schema)],
    ['What policies are told of the call that is running', floorFunctions(plan, roles, schema)],
    ['What policies look at beside the row', lookGrants(plan, roles) + blindViews(plan, roles)],
    ['The application can do nothing that is not granted below', revokes(plan, roles, schema)],
    ...plan.tables.map((table) => [table.id, tableFloor(table, roles)] as const),
  ] as const
  return sections.map(([says, text]) => `-- ${says}\n${text}`).join('\n')
}

/** The whole script, for `psql`. */
export function printFloor(plan: FloorPlan, roles: NamedRoles, schema: string): string {
  const tables = plan.tables.length === 1 ? '1 table' : `${plan.tables.length} tables`
  return [
    `-- Row-level security for the role ${quoteName(roles.role)} over ${tables}, written by \`lockstep rls generate\`.`,
    '-- Run it as a superuser, or as the owner of the tables who may make roles. Running it again changes nothing.',
    '-- Every other role that is not exempt, the owner of a table included, sees no row of these tables any more.',
    '\\set ON_ERROR_STOP on',
    'BEGIN;',
    'SET LOCAL search_path = pg_catalog, pg_temp;',
    'SET LOCAL client_min_messages = warning;',
    '',
    floorStatements(plan, roles, schema),
    'COMMIT;',
    '',
  ].join('\n')
}

function roleStatements({ role, writer, owner }: NamedRoles): string {
  return `DO $lockstep$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(owner)}) THEN
    CREATE ROLE ${quoteName(owner)} NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(role)}) THEN
    RAISE EXCEPTION 'there is no role %: make the login of the application first', ${quoteText(role)};
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(writer)}) THEN
    RAISE EXCEPTION 'there is no role %: make a login that writes down calls first', ${quoteText(writer)};
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(role)} AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)) THEN
    RAISE EXCEPTION 'row security does not hold the role %: it is a superuser, or bypasses it, or makes roles, or replicates', ${quoteText(role)};
  END IF;
  IF EXISTS (SELECT FROM pg_roles AS other WHERE other.rolname <> ${quoteText(role)} AND pg_has_role(${quoteText(role)}, other.oid, 'MEMBER')) THEN
    RAISE EXCEPTION 'the role % is a member of others, and can do what they can', ${quoteText(role)};
  END IF;
END
$lockstep$;
`
}

function leftovers(schema: string): string {
  return `DO $lockstep$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT * FROM pg_policies WHERE policyname = ANY (${quoteText(`{${FLOOR_POLICIES.join(',')}}`)}::name[]) ORDER BY schemaname, tablename, policyname LOOP
    EXECUTE format('DROP POLICY %I ON %I.%I', one.policyname, one.schemaname, one.tablename);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS called FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = ${quoteText(schema)} ORDER BY 1 LOOP
    EXECUTE format('DROP FUNCTION %s', one.called);
  END LOOP;
END
$lockstep$;
`
}

function callStatements({ role, writer, owner }: NamedRoles, schema: string): string {
  const [of, calls] = [quoteName(schema), `${quoteName(schema)}.calls`]
  return `CREATE SCHEMA IF NOT EXISTS ${of};
ALTER SCHEMA ${of} OWNER TO ${quoteName(owner)};
REVOKE ALL ON SCHEMA ${of} FROM PUBLIC, ${quoteName(role)}, ${quoteName(writer)};
GRANT USAGE ON SCHEMA ${of} TO ${quoteName(role)}, ${quoteName(writer)};
CREATE UNLOGGED TABLE IF NOT EXISTS ${calls} (
  handle bytea PRIMARY KEY CHECK (octet_length(handle) = 32),
  version text NOT NULL,
  subject text NOT NULL,
  actor text NOT NULL,
  facts jsonb NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_expires_at ON ${calls} (expires_at);
ALTER TABLE ${calls} OWNER TO ${quoteName(owner)};
REVOKE ALL ON ${calls} FROM PUBLIC, ${quoteName(role)}, ${quoteName(writer)};
GRANT INSERT, DELETE, SELECT (handle, expires_at) ON ${calls} TO ${quoteName(writer)};
`
}

function lookGrants({ looks, tables }: FloorPlan, { owner }: NamedRoles): string {
  return looks
    .map(({ schema, name, columns }) => {
      const relation = `${quoteName(schema)}.${quoteName(name)}`
      const isMapped = tables.some((table) => table.id === `${schema}.${name}`)
      return [
        `GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${quoteName(owner)};`,
        `GRANT SELECT (${columns.map(quoteName).join(', ')}) ON ${relation} TO ${quoteName(owner)};`,
        ...(isMapped
          ? [`CREATE POLICY lockstep_look ON ${relation} FOR SELECT TO ${quoteName(owner)} USING (true);`]
          : []),
        '',
      ].join('\n')
    })
    .join('')
}

function revokes({ tables, views }: FloorPlan, { role }: NamedRoles, floor: string): string {
  const mapped = [...tables.map(({ id }) => id), ...views].map((id) => id.split('.')[0] ?? '')
  const schemas = [...new Set(mapped)].filter((schema) => schema !== floor).sort()
  const notes = views.map((id) => `--   ${id}: row security does not hold for a view, so it is not granted`)
  const lines = schemas.flatMap((schema) => [
    `REVOKE ALL ON ALL TABLES IN SCHEMA ${quoteName(schema)} FROM ${quoteName(role)};`,
    `REVOKE CREATE ON SCHEMA ${quoteName(schema)} FROM PUBLIC, ${quoteName(role)};`,
    `GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${quoteName(role)};`,
  ])
  return `${[...notes, ...lines].join('\n')}
DO $lockstep$
BEGIN
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, %I', current_database(), ${quoteText(role)});
END
$lockstep$;
`
}
