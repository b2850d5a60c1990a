import { isLockstepError, type ScopedStatement } from '@lockstep/core'
import { createRewriter, isWriteDenied, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { startPostgres } from '../differential/postgres.ts'
import type { PostgresVersion } from '../differential/start-postgres.mjs'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { askWriteTenant } from '../fixtures/tenants/ask-write-tenant.ts'
import { NO_SECRETS } from '../fixtures/tenants/no-secrets.ts'
import { OTHER_SECRETS } from '../fixtures/tenants/other-secrets.ts'
import { tenantTablesWithItems } from '../fixtures/tenants/tenant-tables.ts'
import { SQL_FIXTURE } from './sql-cases.ts'

/** What a caller, a log of notices and the database's own errors would show. Our refusal tells nothing and is not searched. */
export interface Observation {
  /** The code of our refusal; absent when the statement was sent. */
  readonly refused?: string
  readonly seen: string
  /** Returned, or affected. */
  readonly rows: number
  /** Set for a statement that writes: whether it changed anything that ann may not see. */
  readonly harmed?: boolean
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
  const rewriter = createRewriter({
    tables: tenantTablesWithItems,
    askRead: askReadTenant,
    askWrite: askWriteTenant,
    searchPath: ['app'],
  })
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
      const observe = statement.write ? observeWrite : observeRead
      return await Promise.all(pools.map((pool) => observe(pool, statement)))
    },
    stop: () => postgres.stop(),
  }
}

async function observeRead(pool: pg.Pool, statement: ScopedStatement): Promise<Observation> {
  const client = await pool.connect()
  try {
    return await observeOn(client, statement)
  } finally {
    client.release()
  }
}

/** Everything that ann may not see, as one text. */
const HIDDEN = `
  select md5(string_agg(row, e'\\n' order by row)) as hidden from (
    select to_jsonb(o)::text as row from app.orders o where tenant_id <> 1
    union all select jsonb_build_object('id', id, 'ssn', ssn)::text from app.orders
    union all select to_jsonb(c)::text from app.customers c where tenant_id <> 1
    union all select jsonb_build_object('id', id, 'ssn', ssn)::text from app.customers
    union all select to_jsonb(i)::text from app.order_items i left join app.orders o on o.id = order_id where tenant_id is distinct from 1
    union all select to_jsonb(e)::text from app.ev e where tenant_id <> 1
    union all select to_jsonb(p)::text from app.plain p) x
  where not (row like '%"ssn": null%' and row not like '%tenant_id%')`

/** Runs what writes in a transaction that is rolled back. */
async function observeWrite(pool: pg.Pool, statement: ScopedStatement): Promise<Observation> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const before = await client.query(HIDDEN)
    await client.query('savepoint s')
    const observed = await observeOn(client, statement)
    if (observed.seen.startsWith('{')) await client.query('rollback to savepoint s')
    const after = await client.query(HIDDEN)
    return { ...observed, harmed: after.rows[0].hidden !== before.rows[0].hidden }
  } finally {
    await client.query('rollback')
    client.release()
  }
}

async function observeOn(client: pg.PoolClient, { text, parameters, write }: ScopedStatement): Promise<Observation> {
  const notices: string[] = []
  const listen = (notice: { message?: string | undefined }) => void notices.push(notice.message ?? '')
  client.on('notice', listen)
  try {
    const statement = { text, values: [...parameters], queryMode: 'extended' }
    const { rows, rowCount, fields } = await client.query(statement)
    if (write?.answers === 'marks') return { seen: JSON.stringify([{ notices }]), rows: rows.length }
    const names = fields.map(({ name }) => name)
    // without ORDER BY the order is that of the plan, and a plan may differ by what hidden rows there are
    const inNoOrder = rows.map((row) => JSON.stringify(row)).sort()
    return { seen: `[${inNoOrder}] ${JSON.stringify({ notices, names })}`, rows: rowCount ?? 0 }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    // of a constraint, whose message quotes keys, clients are told the class alone
    const told = write ? { error: isWriteDenied(error) ? 'denied' : String(error.code).slice(0, 2) } : errorOf(error)
    return { seen: JSON.stringify({ ...told, notices }), rows: 0 }
  } finally {
    client.removeListener('notice', listen)
  }
}

function errorOf(error: Error): object {
  return { error: error.message, ...error }
}
