import { isLockstepError } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { startPostgres } from '../differential/postgres.ts'
import type { PostgresVersion } from '../differential/start-postgres.mjs'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { NO_SECRETS } from '../fixtures/tenants/no-secrets.ts'
import { OTHER_SECRETS } from '../fixtures/tenants/other-secrets.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { SQL_FIXTURE } from './sql-cases.ts'

/** What a caller, a log of notices and the database's own errors would show. Our refusal tells nothing and is not searched. */
export interface Observation {
  /** The code of our refusal; absent when the statement was sent. */
  readonly refused?: string
  readonly seen: string
  readonly rows: number
}

/** The fixture on a live PostgreSQL, in databases that differ only where ann may not look. */
export interface SqlTarget {
  /** Rewrites a statement for ann and runs it in every world. Throws what is neither an answer nor a refusal of ours. */
  observe(sql: string, parameters?: readonly unknown[]): Promise<readonly Observation[]>
  stop(): Promise<void>
}

/** The secrets of each world. The first is the fixture as it is. */
const WORLDS = { postgres: '', otherwise: OTHER_SECRETS, empty: NO_SECRETS }

export async function openSqlTarget(version: PostgresVersion): Promise<SqlTarget> {
  await loadParser()
  const rewriter = createRewriter({ tables: tenantTables, askRead: askReadTenant, searchPath: ['app'] })
  const call = authorizedCall('user:ann')
  const postgres = await startPostgres({ version })
  const pools: pg.Pool[] = []
  for (const [database, secrets] of Object.entries(WORLDS)) {
    if (database !== 'postgres') await postgres.pool().query(`create database ${database}`)
    await postgres.pool('postgres', database).query(`${SQL_FIXTURE}; ${secrets}`)
    pools.push(postgres.pool('agent_raw', database))
  }
  return {
    async observe(sql, parameters = []) {
      let statement: ReturnType<typeof rewriter.rewrite>
      try {
        statement = rewriter.rewrite(call, sql, parameters)
      } catch (error) {
        if (!isLockstepError(error) || error.layer !== 'execution') throw error
        return [{ refused: error.code, seen: '', rows: 0 }]
      }
      return await Promise.all(pools.map((pool) => observeIn(pool, statement.text, [...statement.parameters])))
    },
    stop: () => postgres.stop(),
  }
}

async function observeIn(pool: pg.Pool, text: string, values: unknown[]): Promise<Observation> {
  const client = await pool.connect()
  const notices: string[] = []
  const listen = (notice: { message?: string | undefined }) => void notices.push(notice.message ?? '')
  client.on('notice', listen)
  try {
    const statement = { text, values, queryMode: 'extended' }
    const { rows, rowCount, fields } = await client.query(statement)
    const names = fields.map(({ name }) => name)
    // without ORDER BY the order is that of the plan, and a plan may differ by what hidden rows there are
    const inNoOrder = rows.map((row) => JSON.stringify(row)).sort()
    return { seen: `[${inNoOrder}] ${JSON.stringify({ notices, names })}`, rows: rowCount ?? 0 }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { seen: JSON.stringify({ error: error.message, ...error, notices }), rows: 0 }
  } finally {
    client.removeListener('notice', listen)
    client.release()
  }
}
