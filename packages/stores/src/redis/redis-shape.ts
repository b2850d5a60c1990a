import type { RateLimitRedis } from '../rate-limits/redis-rate-limiter.ts'

/** The part of an ioredis client (`Redis` or `Cluster`) that state needs. */
export interface RedisShape extends RateLimitRedis {
  call(command: string, ...given: (string | number)[]): Promise<unknown>
  /** Another connection with the same options but for those given, that listens. A cluster takes none of these. */
  duplicate(options?: unknown): RedisSubscriber
}

/** The part of an ioredis client that listening needs. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  on(event: 'message', listener: (channel: string, text: string) => void): unknown
  on(event: 'error' | 'ready', listener: () => void): unknown
  disconnect(): void
}
