import { LockstepError } from '@lockstep/core'
import { type LiveRelation, readLiveColumns } from './live-columns.ts'
import type { Query } from './query.ts'

/** One relation of a schema, with what a mapping of it rests on. */
export interface SchemaRelation extends LiveRelation {
  /** The column of its primary key, where that is one column. */
  readonly primary: string | undefined
  /** Whether it is a part of another table: a partition, or a child by inheritance. */
  readonly part: boolean
  /** Its foreign keys of one column, by that column. */
  readonly references: ReadonlyMap<string, { readonly relation: string; readonly column: string }>
}

const RELATIONS = `
  SELECT n.nspname || '.' || c.relname AS relation,
    EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid) AS part,
    (SELECT a.attname::text FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1) AS primary
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  ORDER BY n.nspname, c.relname`

const REFERENCES = `
  SELECT n.nspname || '.' || c.relname AS relation, a.attname::text AS column,
    fn.nspname || '.' || f.relname AS target, fa.attname::text AS target_column
  FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
    JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
    JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
    JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[1]
  WHERE k.contype = 'f' AND k.conparentid = 0 AND pg_catalog.cardinality(k.conkey) = 1 AND n.nspname = ANY ($1::text[])
  ORDER BY k.conname`

/**
 * Reads every table, view and foreign table of the named schemas, in the order of their names.
 *
 * Rejects with `execution.database-failed`.
 */
export async function readSchemas(
  schemas: readonly string[],
  query: Query,
): Promise<ReadonlyMap<string, SchemaRelation>> {
  const ask = (text: string) =>
    query(text, [[...schemas]]).catch(() => {
      throw new LockstepError('execution.database-failed', 'the catalog could not be read')
    })
  const relations = await ask(RELATIONS)
  const references = await ask(REFERENCES)
  const names = relations.map(({ relation }) => String(relation))
  const live = await readLiveColumns(names, query)
  return new Map(
    relations.flatMap(({ relation, part, primary }) => {
      const known = live.get(String(relation))
      if (!known) return []
      const own = references.filter((row) => row.relation === relation)
      const target = (row: Readonly<Record<string, unknown>>) => ({
        relation: String(row.target),
        column: String(row.target_column),
      })
      const table: SchemaRelation = {
        ...known,
        part: part === true,
        primary: typeof primary === 'string' ? primary : undefined,
        references: new Map(own.map((row) => [String(row.column), target(row)])),
      }
      return [[String(relation), table] as const]
    }),
  )
}
