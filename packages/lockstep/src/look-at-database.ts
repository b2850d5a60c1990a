import { isLockstepError, LockstepError, type TableMapping } from '@lockstep/core'
import { checkTables, type Query, readLiveColumns } from '@lockstep/execution'
import type { LockstepConfiguration } from '@lockstep/mcp'
import type { LiveTables } from './mapped-entities.ts'

/** What could be seen of the mapped tables in the database. */
export interface DatabaseView {
  readonly state: 'checked' | 'unreachable' | 'none'
  readonly live: LiveTables
  /** For each table that is not as it is mapped, why the server would not start. */
  readonly faults: readonly { readonly table: string; readonly says: string }[]
}

const MOST_MS = 5_000

/** Looks at the mapped tables through the configured database, for at most five seconds. */
export async function lookAtDatabase({ tables = {}, database }: LockstepConfiguration): Promise<DatabaseView> {
  if (!database || Object.keys(tables).length === 0) return { state: 'none', live: undefined, faults: [] }
  const query: Query = (text, parameters) => database.query(text, parameters).then(({ rows }) => rows)
  try {
    return await inTime(async () => {
      const live = await readLiveColumns(Object.keys(tables), query)
      return { state: 'checked', live, faults: await faultsOf(tables, query) }
    })
  } catch (error) {
    if (isLockstepError(error) && error.code === 'execution.database-failed') {
      return { state: 'unreachable', live: undefined, faults: [] }
    }
    throw error
  }
}

async function faultsOf(tables: TableMapping, query: Query): Promise<DatabaseView['faults']> {
  const faults: { readonly table: string; readonly says: string }[] = []
  for (const [table, mapping] of Object.entries(tables)) {
    try {
      await checkTables({ [table]: mapping }, query)
    } catch (error) {
      if (!isLockstepError(error) || error.code === 'execution.database-failed') throw error
      faults.push({ table, says: error.message })
    }
  }
  return faults
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LockstepError('execution.database-failed', 'no answer in time')), MOST_MS)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
