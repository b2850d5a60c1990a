import { LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'
import type { FloorPlan } from './floor-plan.ts'
import { FLOOR_POLICIES } from './print-floor.ts'

/** What lets the application's role around its floor, although the floor itself is as it should be. */
export interface WayAround {
  readonly at: string
  readonly says: string
}

// $1: the role. $2: the mapped tables. $3: the floor's schema. $4: the floor's own policies.
const WAYS = `
WITH app AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = $1::text),
relations AS (
  SELECT c.*, n.nspname || '.' || c.relname AS id, n.nspname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT 'role ' || $1::text AS at, says FROM app, LATERAL (VALUES
  (rolsuper, 'is a superuser'), (rolbypassrls, 'bypasses row security'), (rolcreaterole, 'may make roles'),
  (rolcreatedb, 'may make databases'), (rolreplication, 'may replicate')) AS attribute (has, says) WHERE has
UNION ALL
SELECT 'role ' || $1::text, 'is a member of ' || other.rolname FROM app, pg_catalog.pg_roles AS other
WHERE other.oid <> app.oid AND NOT app.rolsuper AND pg_catalog.pg_has_role(app.oid, other.oid, 'MEMBER')
UNION ALL
SELECT r.id, 'belongs to ' || $1::text FROM app, relations AS r WHERE r.relowner = app.oid
UNION ALL
SELECT r.id, 'is not of the floor, and ' || $1::text || ' may ' || says FROM app, relations AS r, LATERAL (VALUES
  (r.relkind <> 'S' AND pg_catalog.has_any_column_privilege(app.oid, r.oid, 'SELECT'), 'read it'),
  (r.relkind <> 'S' AND (pg_catalog.has_any_column_privilege(app.oid, r.oid, 'INSERT, UPDATE') OR pg_catalog.has_table_privilege(app.oid, r.oid, 'DELETE, TRUNCATE')), 'write it'),
  (CASE WHEN r.relkind = 'S' THEN pg_catalog.has_sequence_privilege(app.oid, r.oid, 'SELECT') ELSE false END, 'read how far it has come')) AS can (may, says)
WHERE may AND r.nspname <> $3::text AND NOT (r.id = ANY ($2::text[]))
UNION ALL
SELECT p.schemaname || '.' || p.tablename, 'has another policy for ' || $1::text || ', which adds rows: ' || p.policyname
FROM pg_catalog.pg_policies AS p
WHERE p.schemaname || '.' || p.tablename = ANY ($2::text[]) AND p.permissive = 'PERMISSIVE' AND p.roles && ARRAY[$1::text, 'public']::name[]
  AND NOT (p.policyname = ANY ($4::text[]))
UNION ALL
SELECT p.oid::regprocedure::text, 'runs as ' || pg_catalog.pg_get_userbyid(p.proowner) || ', and ' || $1::text || ' may call it'
FROM app, pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema', $3::text) AND pg_catalog.has_function_privilege(app.oid, p.oid, 'EXECUTE')
  AND pg_catalog.has_schema_privilege(app.oid, n.oid, 'USAGE')
UNION ALL
SELECT 'schema ' || n.nspname, $1::text || ' may make objects in it' FROM app, pg_catalog.pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND pg_catalog.has_schema_privilege(app.oid, n.oid, 'CREATE')
ORDER BY 1, 2`

/**
 * Finds what lets a role around its floor: attributes, memberships, ownership, further policies, and relations and functions beside those of the
 * mapping. Rejects with `execution.database-failed`.
 */
export async function findWaysAround(
  { tables }: Pick<FloorPlan, 'tables'>,
  role: string,
  schema: string,
  query: Query,
): Promise<readonly WayAround[]> {
  const rows = await query(WAYS, [role, tables.map(({ id }) => id), schema, FLOOR_POLICIES]).catch((error: unknown) => {
    throw new LockstepError('execution.database-failed', 'the catalog could not be read', { cause: error })
  })
  return rows.map(({ at, says }) => ({ at: String(at), says: String(says) }))
}
