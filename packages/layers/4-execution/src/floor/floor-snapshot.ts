import { LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'
import type { FloorPlan } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'

/** What holds rows and columns back in a database, as its own catalog writes it down: by name, what it says. */
export type FloorSnapshot = ReadonlyMap<string, string>

// $1: the mapped tables. $2: the floor's schema. $3: whose privileges are compared. $4: schemas of mapped tables.
const SNAPSHOT = `
WITH relations AS (
  SELECT c.oid, c.relname, n.nspname, c.relowner, c.relacl, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence,
    n.nspname || '.' || c.relname AS id
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE (n.nspname = $2 OR n.nspname = ANY ($4::text[])) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), grantees AS (
  SELECT oid, rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($3::text[]) UNION ALL SELECT 0, 'PUBLIC'
), privileges AS (
  SELECT r.id AS place, a.* FROM relations AS r, pg_catalog.aclexplode(coalesce(r.relacl, pg_catalog.acldefault('r', r.relowner))) AS a
  UNION ALL
  SELECT r.id || '.' || t.attname, a.* FROM relations AS r JOIN pg_catalog.pg_attribute AS t ON t.attrelid = r.oid AND NOT t.attisdropped, pg_catalog.aclexplode(t.attacl) AS a
  UNION ALL
  SELECT 'schema ' || n.nspname, a.* FROM pg_catalog.pg_namespace AS n, pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS a
  WHERE n.nspname = $2 OR n.nspname = ANY ($4::text[])
  UNION ALL
  SELECT 'the database', a.* FROM pg_catalog.pg_database AS d, pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS a
  WHERE d.datname = pg_catalog.current_database()
  UNION ALL
  SELECT p.oid::regprocedure::text, a.* FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace, pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a
  WHERE n.nspname = $2
)
SELECT 'grant of ' || p.privilege_type || ' on ' || p.place || ' to ' || g.name AS at, pg_catalog.bool_or(p.is_grantable)::text AS says
FROM privileges AS p JOIN grantees AS g ON g.oid = p.grantee GROUP BY 1
UNION ALL
SELECT 'policy ' || policyname || ' on ' || schemaname || '.' || tablename,
  pg_catalog.concat_ws(E'\\n', permissive, cmd, roles::text, qual, '/', with_check)
FROM pg_catalog.pg_policies WHERE schemaname || '.' || tablename = ANY ($1::text[])
UNION ALL
SELECT 'row security of ' || id, relrowsecurity || ', forced ' || relforcerowsecurity FROM relations WHERE id = ANY ($1::text[])
UNION ALL
SELECT 'table ' || r.id, pg_catalog.concat_ws(E'\\n', pg_catalog.pg_get_userbyid(r.relowner), r.relpersistence,
  (SELECT pg_catalog.string_agg(t.attname || ' ' || pg_catalog.format_type(t.atttypid, t.atttypmod) || ' ' || t.attnotnull, ', ' ORDER BY t.attnum)
   FROM pg_catalog.pg_attribute AS t WHERE t.attrelid = r.oid AND t.attnum > 0 AND NOT t.attisdropped),
  (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname) FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = r.oid AND k.contype <> 'n'),
  (SELECT pg_catalog.string_agg(g.tgname, ', ' ORDER BY g.tgname) FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = r.oid))
FROM relations AS r WHERE r.nspname = $2 AND r.relkind = 'r'
UNION ALL
SELECT 'function ' || p.oid::regprocedure::text, pg_catalog.pg_get_userbyid(p.proowner) || E'\\n' || pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = $2
UNION ALL
SELECT 'schema ' || n.nspname, pg_catalog.pg_get_userbyid(n.nspowner) FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $2
UNION ALL
SELECT 'role ' || r.rolname, '' FROM pg_catalog.pg_roles AS r WHERE r.rolname = ANY ($3::text[])`

/** Reads what holds rows and columns back now. Rejects with `execution.database-failed`. */
export async function readFloor(
  { tables, views }: Pick<FloorPlan, 'tables' | 'views'>,
  { role, writer, owner }: NamedRoles,
  schema: string,
  query: Query,
): Promise<FloorSnapshot> {
  const ids = tables.map(({ id }) => id)
  const schemas = [...new Set([...ids, ...views].map((id) => id.split('.')[0] ?? ''))]
  const rows = await query(SNAPSHOT, [ids, schema, [role, writer, owner], schemas]).catch((error: unknown) => {
    throw new LockstepError('execution.database-failed', 'the catalog could not be read', { cause: error })
  })
  return new Map(rows.map(({ at, says }) => [String(at), String(says)]))
}
