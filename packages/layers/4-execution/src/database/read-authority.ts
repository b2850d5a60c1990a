import { LockstepError } from '@lockstep/core'
import type { Query } from './query.ts'

/** The database role that statements run as, and what it could do beside reading. */
export interface DatabaseAuthority {
  readonly role: string
  /** Why it is more than one that reads; empty when it is not. Names of the configuration and of the role. */
  readonly beyond: readonly string[]
}

// A role that may become the owner is the owner. A superuser is all of it.
const AUTHORITY = `
  SELECT r.rolname::text AS role, r.rolsuper AS superuser, r.rolcreaterole AS makes_roles,
    ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname || '.' || c.relname = ANY ($1::text[]) AND pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER')
      ORDER BY 1) AS owned,
    ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
        AND (pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE')
          OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))
      ORDER BY 1) AS written
  FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER`

/**
 * Reads from the live database which role reads the named relations, and what else it may do with them.
 *
 * Rejects with `execution.database-failed`.
 */
export async function readAuthority(relations: readonly string[], query: Query): Promise<DatabaseAuthority> {
  const rows = await query(AUTHORITY, [[...new Set(relations)]]).catch(() => [])
  const [row] = rows
  if (!row || typeof row.role !== 'string' || !Array.isArray(row.owned) || !Array.isArray(row.written)) {
    throw new LockstepError('execution.database-failed', 'the role of `database` could not be read')
  }
  const { role, superuser, makes_roles, owned, written } = row
  return {
    role,
    beyond: [
      ...(superuser === true ? ['is a superuser'] : []),
      ...(makes_roles === true ? ['may make roles'] : []),
      ...owned.map((relation: unknown) => `owns \`${String(relation)}\``),
      ...written.map((relation: unknown) => `may write \`${String(relation)}\``),
    ],
  }
}
