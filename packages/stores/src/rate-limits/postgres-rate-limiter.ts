import type { Clock, RateLimiter } from '@lockstep/core'
import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { createForgetDue } from '../forget-due.ts'
import { createRateLimiter } from './create-rate-limiter.ts'

/** Runs one statement on PostgreSQL: the shape of a pg pool's `query`, and of PGlite's. */
export type RateLimitQuery = (text: string, parameters: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

/** The table that the limiter counts in. Unlogged: after a crash of the database every window begins anew. */
export const RATE_LIMIT_TABLE = `
  create unlogged table if not exists rate_limits (
    key varchar(255) primary key,
    points integer not null default 0,
    expire bigint
  );
  create index if not exists rate_limits_expiry on rate_limits (expire);`

/**
 * Creates a limiter that counts in the table of {@link RATE_LIMIT_TABLE}, for every process that shares the database. `schema` is a plain
 * name; without it, the table is found by the search path.
 */
export function createPostgresRateLimiter(query: RateLimitQuery, clock: Clock, schema?: string): RateLimiter {
  const table = schema === undefined ? 'rate_limits' : `"${schema}".rate_limits`
  const forgetDue = createForgetDue(clock)
  const storeClient = {
    query: ({ text, values = [] }: { readonly text: string; readonly values?: unknown[] }) => query(text, values),
  }
  const limiter = createRateLimiter((limit) => {
    const inMemoryBlockOnConsumed = limit.points + 1
    return new RateLimiterPostgres({
      ...limit,
      storeClient,
      storeType: 'client',
      tableName: 'rate_limits',
      ...(schema !== undefined && { schemaName: schema }),
      tableCreated: true,
      clearExpiredByTimeout: false,
      // Who is over the limit is refused here until the window ends: a flood costs no statements.
      inMemoryBlockOnConsumed,
    })
  })
  return {
    async take(name, key, limit) {
      // What has expired counts for nothing, so that forgetting it may fail.
      if (forgetDue(clock()))
        await query(`delete from ${table} where expire <= $1`, [Date.now()]).catch(() => undefined)
      return limiter.take(name, key, limit)
    },
  }
}
