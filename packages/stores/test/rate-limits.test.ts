import { systemClock } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { startRedis, type TestRedis } from '../../../test/fixtures/start-redis.ts'
import { lacks } from '../../../test/programs.ts'
import { createPostgresRateLimiter, RATE_LIMIT_TABLE } from '../src/rate-limits/postgres-rate-limiter.ts'
import { createRedisRateLimiter } from '../src/rate-limits/redis-rate-limiter.ts'
import { rateLimiterContract } from './rate-limiter.contract.ts'

rateLimiterContract('memory', async () => {
  const state = createMemoryState({ clock: systemClock })
  return {
    here: state.rateLimiter,
    there: state.rateLimiter,
    dump: async () => '',
    lose: () => state.close(),
  }
})

describe('PostgreSQL', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
    await server.pool().query(RATE_LIMIT_TABLE)
  }, 240_000)
  afterAll(() => server.stop())

  rateLimiterContract('PostgreSQL', async () => {
    const pools = [server.pool(), server.pool()]
    let lost = false
    const [here, there] = pools.map((pool) =>
      createPostgresRateLimiter(
        async (text, parameters) => (lost ? Promise.reject(new Error('gone')) : pool.query(text, parameters)),
        systemClock,
      ),
    )
    if (!here || !there) throw new Error('no pools')
    return {
      here,
      there,
      dump: async () => JSON.stringify((await server.pool().query('select * from rate_limits')).rows),
      lose: async () => {
        lost = true
      },
    }
  })
})

describe.skipIf(lacks('redis-server'))('Redis', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 240_000)
  afterAll(() => server.stop())

  rateLimiterContract('Redis', async () => {
    const clients = [new Redis(server.port), new Redis(server.port)] as const
    for (const client of clients) client.on('error', () => undefined)
    await Promise.all(clients.map((client) => client.ping()))
    const [here, there] = clients
    return {
      here: createRedisRateLimiter(here),
      there: createRedisRateLimiter(there),
      dump: async () => (await there.keys('*')).join(),
      lose: async () => {
        for (const client of clients) client.disconnect()
      },
    }
  })
})
