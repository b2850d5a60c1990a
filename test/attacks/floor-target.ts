import { openFloor } from '@lockstep/execution'
import type pg from 'pg'
import { type PostgresVersion, startPostgres } from '../differential/start-postgres.mjs'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { APP, createFloorRoles, planTestFloor, WRITER } from '../fixtures/floor/lay-floor.ts'
import tenants from '../fixtures/tenants/lockstep.config.ts'
import { NO_SECRETS } from '../fixtures/tenants/no-secrets.ts'
import { OTHER_SECRETS } from '../fixtures/tenants/other-secrets.ts'
import { tenantMembers } from '../fixtures/tenants/tenant-members.ts'
import { SQL_FIXTURE } from './sql-cases.ts'

/** What somebody under the application's role sees of a statement that nobody rewrote. */
export interface FloorObservation {
  readonly seen: string
  readonly rows: number
  readonly failed?: string
}

/** The fixture with a floor under it, and no rewriter above: in databases that differ only where ann may not look. */
export interface FloorTarget {
  /** Runs statements one after the other in a transaction that is rolled back, as ann's call, and observes the last one. */
  observe(...statements: readonly string[]): Promise<readonly FloorObservation[]>
  /** The same under another handle, or none. */
  observeAs(handle: string | undefined, ...statements: readonly string[]): Promise<readonly FloorObservation[]>
  /** Ann's handle in each of the databases. */
  readonly handles: readonly string[]
  readonly superuser: readonly pg.Pool[]
  readonly writers: readonly pg.Pool[]
  stop(): Promise<void>
}

const WORLDS = { postgres: '', otherwise: OTHER_SECRETS, empty: NO_SECRETS }

/** Opens the fixture in a PostgreSQL of its own. */
export async function openFloorTarget(version: PostgresVersion): Promise<FloorTarget> {
  const { sql, plan } = await planTestFloor(tenants, new URL('../fixtures/tenants/policies/', import.meta.url))
  const facts = await tenantMembers.load(authorizedCall('user:ann').caller)
  const call = authorizedCall('user:ann', { facts, tool: 'query' })
  const postgres = await startPostgres({ version })
  await createFloorRoles(postgres)
  const [pools, superuser, writers, handles] = [[], [], [], []] as [pg.Pool[], pg.Pool[], pg.Pool[], string[]]
  for (const [database, secrets] of Object.entries(WORLDS)) {
    if (database !== 'postgres') await postgres.pool().query(`create database ${database}`)
    const own = postgres.pool('postgres', database)
    await own.query(`${SQL_FIXTURE}; ${secrets}`)
    await own.query(sql)
    const writer = postgres.pool(WRITER, database)
    const floor = openFloor({
      facts: () => plan,
      query: async (text, values) => (await writer.query(text, values)).rows,
    })
    handles.push(await floor.handleOf(call))
    superuser.push(own)
    writers.push(writer)
    pools.push(postgres.pool(APP, database, { search_path: 'app' }))
  }
  const observe = (pick: (index: number) => string | undefined, statements: readonly string[]) =>
    Promise.all(pools.map((pool, index) => observeIn(pool, pick(index), statements)))
  return {
    observe: (...statements) => observe((index) => handles[index], statements),
    observeAs: (handle, ...statements) => observe(() => handle, statements),
    handles,
    superuser,
    writers,
    stop: () => postgres.stop(),
  }
}

async function observeIn(
  pool: pg.Pool,
  handle: string | undefined,
  statements: readonly string[],
): Promise<FloorObservation> {
  const client = await pool.connect()
  const notices: string[] = []
  const listen = (notice: { message?: string | undefined }) => void notices.push(notice.message ?? '')
  client.on('notice', listen)
  try {
    await client.query('begin')
    if (handle !== undefined) await client.query("select set_config('lockstep.call', $1, true)", [handle])
    let last: pg.QueryArrayResult | undefined
    for (const text of statements) {
      last = await client.query({ text, values: [], queryMode: 'extended', rowMode: 'array' } as pg.QueryArrayConfig)
    }
    const { rows = [], rowCount = 0, fields = [] } = last ?? {}
    const inNoOrder = rows.map((row) => JSON.stringify(row)).sort()
    const names = fields.map(({ name }) => name)
    return { seen: `[${inNoOrder}] ${JSON.stringify({ notices, names })}`, rows: rowCount ?? 0 }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const failed = 'code' in error ? String(error.code) : 'none'
    return { seen: JSON.stringify({ error: error.message, ...error, notices }), rows: 0, failed }
  } finally {
    client.removeListener('notice', listen)
    client.release(!(await isCleaned(client)))
  }
}

/** Whether nothing that was left in a session is there any more. */
async function isCleaned(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback')
    await client.query('discard all')
    return true
  } catch {
    return false
  }
}
