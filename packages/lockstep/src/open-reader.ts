import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'
import type { Query } from '@lockstep/execution'
import { loadConfiguration } from '@lockstep/mcp'
import { UsageError } from './usage-error.ts'

/** The option that names a database. */
export const DATABASE_OPTION = { type: 'string' } as const

/** Its line in a help text. */
export const DATABASE_HELP = [
  '--database <url>',
  'reads this PostgreSQL through the package `pg` beside your code (default: the configured `database`)',
] as const

/** What reads a database's catalog for one command. */
export interface Reader {
  readonly query: Query
  close(): Promise<void>
}

/** As much of the package `pg` as is needed. */
interface Driver {
  readonly Client: new (options: {
    readonly connectionString: string
    readonly connectionTimeoutMillis: number
  }) => {
    connect(): Promise<unknown>
    query(text: string, values: unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>
    end(): Promise<void>
  }
}

const MOST_MS = 5_000

/**
 * Opens the database that the command line names, else the configured one. Rejects with `UsageError` when there is neither, and with
 * `execution.database-failed`; a URL can hold a password and stands in no message.
 */
export async function openReader(url: string | undefined, config: string | undefined): Promise<Reader> {
  if (url === undefined) {
    const { database } = (await loadConfiguration(config)).configuration
    if (!database) throw new UsageError('no `database` is configured; name one with --database')
    return {
      query: (text, parameters) => database.query(text, parameters).then(({ rows }) => rows),
      close: async () => undefined,
    }
  }
  const client = new (loadDriver().Client)({ connectionString: url, connectionTimeoutMillis: MOST_MS })
  await client.connect().catch(() => {
    throw new LockstepError('execution.database-failed', 'there is no connection to what --database names')
  })
  return {
    query: (text, parameters) => client.query(text, parameters).then(({ rows }) => rows),
    close: () => client.end(),
  }
}

function loadDriver(): Driver {
  try {
    return createRequire(join(process.cwd(), 'package.json'))('pg')
  } catch {
    throw new UsageError('`--database` needs the package `pg`: install it where you run this')
  }
}
