import type { RateLimitRedis } from '../rate-limits/redis-rate-limiter.ts'

/** The part of an ioredis client (`Redis` or `Cluster`) that state needs. */
export interface RedisShape extends RateLimitRedis {
  call(command: string, ...given: (string | number)[]): Promise<unknown>
}
