import { createHash } from 'node:crypto'
import { isLockstepError, LockstepError, type RateLimit, type RateLimiter } from '@lockstep/core'
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'

/** A limit in the terms of the library: `keyPrefix` tells the limits of one store apart. */
export interface LimitOptions {
  readonly keyPrefix: string
  readonly points: number
  readonly duration: number
}

/** Longest window, in seconds: a timer of Node takes no more than 24 days, and a limit of more than a day is a quota. */
const LONGEST_WINDOW = 86_400

/**
 * Creates the port over the limiters of one store. Keys are digests, so no store shows who calls.
 *
 * Rejects with `state.unavailable` when the store does not count, with `TypeError` for a limit that cannot be meant.
 */
export function createRateLimiter(open: (limit: LimitOptions) => Pick<RateLimiterAbstract, 'consume'>): RateLimiter {
  const limiters = new Map<string, Pick<RateLimiterAbstract, 'consume'>>()

  const limiterOf = (name: string, limit: RateLimit) => {
    checkLimit(limit)
    const { points, seconds } = limit
    const id = `${name}:${points}:${seconds}`
    const known = limiters.get(id)
    if (known) return known
    const opened = open({ keyPrefix: `lockstep:${name}`, points, duration: seconds })
    limiters.set(id, opened)
    return opened
  }

  return {
    async take(name, key, limit) {
      const limiter = limiterOf(name, limit)
      try {
        // attacker-controlled: the key holds claims and names of tools, of any length and alphabet.
        await limiter.consume(createHash('sha256').update(key).digest('base64url'))
        return 0
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext))
        if (isLockstepError(refusal)) throw refusal
        // The driver's own message may quote keys, so nothing of it is passed on.
        throw new LockstepError('state.unavailable', 'the rate limits cannot be counted')
      }
    },
  }
}

function checkLimit({ points, seconds }: RateLimit): void {
  if (!Number.isSafeInteger(points) || points < 1) throw new TypeError('`points` expected a whole number above 0')
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > LONGEST_WINDOW) {
    throw new TypeError(`\`seconds\` expected 1 to ${LONGEST_WINDOW}`)
  }
}
