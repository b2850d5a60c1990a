import type { RateLimiter } from '@lockstep/core'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { createRateLimiter } from './create-rate-limiter.ts'

/** The part of an ioredis client that counting needs. */
export interface RateLimitRedis {
  readonly status: string
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void
}

/** Creates a limiter that counts in Redis or Valkey, for every process that shares it. One script counts and sets the window. */
export function createRedisRateLimiter(client: RateLimitRedis): RateLimiter {
  return createRateLimiter((limit) => {
    const inMemoryBlockOnConsumed = limit.points + 1
    return new RateLimiterRedis({
      ...limit,
      storeClient: client,
      // Refused at once rather than queued until the connection is back.
      rejectIfRedisNotReady: true,
      // Who is over the limit is refused here until the window ends: a flood costs no round trips.
      inMemoryBlockOnConsumed,
    })
  })
}
