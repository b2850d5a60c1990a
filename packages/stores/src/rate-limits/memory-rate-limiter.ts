import type { RateLimiter } from '@lockstep/core'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createRateLimiter } from './create-rate-limiter.ts'

/** Creates a limiter that counts in this process, and forgets with it. `check` throws once the state it belongs to is closed. */
export function createMemoryRateLimiter(check: () => void = () => undefined): RateLimiter {
  const limiter = createRateLimiter((limit) => new RateLimiterMemory(limit))
  return {
    async take(name, key, limit) {
      check()
      return limiter.take(name, key, limit)
    },
  }
}
