import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type EntityDeclarations, isLockstepError, LockstepError } from '@lockstep/core'
import { checkOperators, checkTables, fitTables, type Query, readCatalog } from '@lockstep/execution'
import type { LockstepConfiguration } from './configuration.ts'

/**
 * Holds the mapped tables against the live database; where none is configured, against the snapshot of its catalog; where there is neither,
 * against nothing.
 *
 * @param base what relative paths start from
 * @param declared what the policy's schema declares of entities
 * @throws LockstepError `execution.mapping-invalid`, `execution.database-failed`, `configuration.invalid`
 */
export async function checkMapping(
  { tables = {}, database, catalog }: Pick<LockstepConfiguration, 'tables' | 'database' | 'catalog'>,
  base: string,
  declared: EntityDeclarations,
): Promise<void> {
  if (database) {
    const query: Query = (text, parameters) => database.query(text, parameters).then(({ rows }) => rows)
    await checkTables(tables, query, declared)
    await checkOperators(query)
  } else if (catalog !== undefined) {
    const file = resolve(base, catalog)
    const bytes = await readFile(file).catch(() => {
      throw new LockstepError(
        'configuration.invalid',
        `\`catalog\`: ${file} cannot be read; write it with \`lockstep tables snapshot\``,
      )
    })
    fitSnapshot(tables, bytes, file, declared)
  }
}

function fitSnapshot(
  tables: NonNullable<LockstepConfiguration['tables']>,
  bytes: Uint8Array,
  file: string,
  declared: EntityDeclarations,
): void {
  const live = readCatalog(bytes, file)
  try {
    fitTables(tables, live, declared)
  } catch (error) {
    if (!isLockstepError(error)) throw error
    const stale = `in the snapshot ${file}; if the database is not as it was, write it again with \`lockstep tables snapshot\``
    throw new LockstepError(error.code, `${error.detail} ${stale}`, { cause: error })
  }
}
