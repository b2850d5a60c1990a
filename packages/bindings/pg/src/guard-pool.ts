import type { PoolConfig } from 'pg'
import { type ExecutionHandle, GuardedClient, type GuardedClientOptions } from './guarded-client.ts'
import { type PgPool, poolSource } from './pool-source.ts'

/** Milliseconds after which PostgreSQL gives up a statement, for pools that are opened here. */
const STATEMENT_TIMEOUT = 15_000

/** Milliseconds after which PostgreSQL gives up a transaction in which nothing happens, for pools that are opened here. */
const IDLE_TIMEOUT = 60_000

/**
 * Guards a `pg` pool: every statement runs in the extended protocol, alone, and returns only what the current call may see.
 * Connections are not lent out: `transaction` and `stream` hold one for as long as they last.
 *
 * @param pool a `pg.Pool`, or what to open one with when it is first needed (`statement_timeout` is 15 s if not given, and
 * `idle_in_transaction_session_timeout` 60 s). A pool that is opened here is closed by `end()`; one that is passed in is not. Its sessions are
 * reset by `DISCARD ALL` after trusted work, so nobody else should keep prepared statements or settings in them.
 * @example
 * ```ts
 * const pool = guardPool(lockstep, { connectionString: process.env.DATABASE_URL })
 * const { rows } = await pool.query('SELECT * FROM expenses WHERE amount > $1', [100])
 * ```
 */
export function guardPool(
  lockstep: ExecutionHandle,
  pool: PgPool | PoolConfig,
  options?: GuardedClientOptions,
): GuardedClient {
  if (isPool(pool)) {
    const { connect } = poolOf(pool)
    return new GuardedClient(
      lockstep,
      poolSource(async () => ({ connect, end: async () => undefined }), true),
      options,
    )
  }
  const source = poolSource(async () => {
    const { default: pg } = await import('pg')
    const timeouts = { statement_timeout: STATEMENT_TIMEOUT, idle_in_transaction_session_timeout: IDLE_TIMEOUT }
    const opened = new pg.Pool({ ...timeouts, ...pool })
    // without a listener, an idle connection that breaks would end the process
    opened.on('error', (error) => options?.onDatabaseError?.(error))
    return poolOf(opened)
  })
  return new GuardedClient(lockstep, source, options)
}

function isPool(pool: PgPool | PoolConfig): pool is PgPool {
  return 'connect' in pool && typeof pool.connect === 'function'
}

function poolOf(pool: PgPool): PgPool {
  return { connect: () => pool.connect(), end: () => pool.end() }
}
