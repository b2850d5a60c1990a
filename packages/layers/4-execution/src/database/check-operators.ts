import { LockstepError } from '@lockstep/core'
import { OPERATORS } from '../grammar/operators.ts'
import type { Query } from './query.ts'

/**
 * Operators of these names, on types that every database has, in a schema that is searched and is not PostgreSQL's. Those of an
 * extension are its own affair, and the owner's who installed it.
 */
const SHADOWS = `
  SELECT n.nspname::text AS schema, o.oprname::text AS name
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  WHERE n.nspname = ANY (pg_catalog.current_schemas(true)) AND n.nspname <> 'pg_catalog' AND o.oprname = ANY ($1::text[])
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid IN (o.oprleft, o.oprright)
      AND t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
      AND d.objid = o.oid AND d.deptype = 'e')
  LIMIT 1`

/**
 * Checks that the operators which statements may use mean PostgreSQL's own. A statement cannot name the schema of the operator
 * in `IN`, `LIKE`, `BETWEEN` or `USING`; another one on the search path that fits the operands better would be called, with
 * whatever it does (CVE-2018-1058).
 *
 * Rejects with `execution.mapping-invalid` naming schema and operator, and with `execution.database-failed`.
 */
export async function checkOperators(query: Query): Promise<void> {
  const names = [...OPERATORS].filter((name) => /^[^A-Z]+$/.test(name))
  const rows = await query(SHADOWS, [names]).catch(() => {
    throw new LockstepError('execution.database-failed', 'the catalog of operators could not be read')
  })
  const [shadow] = rows
  if (shadow) {
    throw new LockstepError(
      'execution.mapping-invalid',
      `the operator \`${shadow.schema}.${shadow.name}\` stands in for PostgreSQL's own: take the schema off the search path`,
    )
  }
}
