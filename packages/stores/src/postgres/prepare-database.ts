import { isLockstepError, LockstepError } from '@lockstep/core'
import { type Execute, failureOf, quoteName } from '../sql/database.ts'
import { bringUpToFormat, createTables, hasFormat } from '../sql/format.ts'
import type { PoolDatabase } from './pool-database.ts'

const OLDEST_SERVER = 13

interface Server {
  readonly version: number
  readonly durable: string
  readonly read_only: string
}

const SERVER = `
  select current_setting('server_version_num')::int as version, current_setting('synchronous_commit') as durable,
    current_setting('transaction_read_only') as read_only`

/**
 * Makes a database ready for state: checks that it keeps what it acknowledges, and creates the schema and the tables or brings them to the
 * present format. Only the first instance changes anything, and later ones need no right to.
 *
 * Rejects with `state.unsuitable`, `state.format` or `state.unavailable`; nothing was changed then.
 */
export async function prepareDatabase(db: PoolDatabase, schema: string): Promise<void> {
  try {
    await db.migrate(async (execute) => {
      await checkServer(execute)
      if (await hasFormat(execute, schema)) {
        await bringUpToFormat(execute, { schema, name: `schema ${schema}` })
        return
      }
      const [known] = await execute('select 1 from pg_catalog.pg_namespace where nspname = $1', [schema])
      if (!known) await execute(`create schema ${quoteName(schema)}`)
      await createTables(execute)
    })
  } catch (cause) {
    if (isLockstepError(cause)) throw cause
    const why = failureOf(cause)
    throw new LockstepError('state.unavailable', `schema \`${schema}\` could not be prepared${why ? `, ${why}` : ''}`)
  }
}

async function checkServer(execute: Execute): Promise<void> {
  const [server] = await execute<Server>(SERVER)
  const version = Math.floor((server?.version ?? 0) / 10_000)
  if (version < OLDEST_SERVER) {
    throw new LockstepError('state.unsuitable', `expected PostgreSQL ${OLDEST_SERVER} or later, got ${version}`)
  }
  if (server?.durable === 'off') {
    throw new LockstepError(
      'state.unsuitable',
      '`synchronous_commit` is off: a crash could re-open a transaction token',
    )
  }
  if (server?.read_only !== 'off') throw new LockstepError('state.unsuitable', 'the database only takes reads')
}
