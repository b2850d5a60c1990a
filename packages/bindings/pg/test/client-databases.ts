import { PGlite } from '@electric-sql/pglite'
import type { Query } from '@lockstep/execution'
import { type GuardedClient, guardClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { startPostgres } from '../../../../test/differential/postgres.ts'
import type { ClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'

/** A database with the expense example's rows, for clients that are guarded. */
export interface ClientDatabase {
  /** A client whose connections are all taken when one transaction is open. */
  client(world: ClientWorld): GuardedClient
  /** As somebody who is not guarded. */
  readonly raw: Query
  stop(): Promise<unknown>
}

async function postgresDatabase(): Promise<ClientDatabase> {
  const postgres = await startPostgres()
  const own = postgres.pool()
  await own.query(EXPENSE_DATA)
  const pools: pg.Pool[] = []
  return {
    client({ lockstep, options }) {
      const pool = new pg.Pool({ connectionString: postgres.connectionString, max: 1 })
      pool.on('error', () => undefined)
      pools.push(pool)
      return guardPool(lockstep, pool, options)
    },
    raw: async (text, parameters) => (await own.query(text, [...parameters])).rows,
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()))
      await postgres.stop()
    },
  }
}

async function pgliteDatabase(): Promise<ClientDatabase> {
  const pglite = new PGlite()
  await pglite.exec(EXPENSE_DATA)
  return {
    client: ({ lockstep, options }) => guardClient(lockstep, pglite, options),
    raw: async (text, parameters) => (await pglite.query<Record<string, unknown>>(text, [...parameters])).rows,
    stop: () => pglite.close(),
  }
}

/** Every database that clients are guarded on, by name. */
export const CLIENT_DATABASES = { 'PostgreSQL 18': postgresDatabase, PGlite: pgliteDatabase }
