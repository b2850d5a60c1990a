import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@lockstep/core'

/** The nonces of one resource server (RFC 9449 section 9). */
export interface Nonces {
  /** The one to hand out now. */
  current(): string
  /** Whether a nonce that was sent is the current one, the one before it, or none of ours that is still good. */
  judge(sent: string | undefined): 'current' | 'previous' | 'refused'
}

/** Seconds for which one nonce is handed out. It is good for as long again, so that nobody who calls regularly is ever refused. */
const PERIOD = 120
export const NONCE_KEY_BYTES = 32

/**
 * Creates nonces that nobody has to remember: an HMAC over the resource and the period. Instances that share the key accept each other's, over
 * restarts too. A nonce shows that a proof was made lately; it makes no proof good that is not good without it.
 */
export function createNonces(options: {
  readonly key: Uint8Array
  readonly resource: string
  readonly clock: Clock
}): Nonces {
  const { key, resource, clock } = options
  const nonceOf = (period: number) =>
    createHmac('sha256', key).update(`lockstep-dpop-nonce ${period} ${resource}`).digest('base64url')
  const period = () => Math.floor(clock() / 1000 / PERIOD)

  return {
    current: () => nonceOf(period()),
    judge(sent) {
      // attacker-controlled: `sent`, of any length.
      if (sent === undefined) return 'refused'
      const now = period()
      if (isSame(sent, nonceOf(now))) return 'current'
      return isSame(sent, nonceOf(now - 1)) ? 'previous' : 'refused'
    },
  }
}

function isSame(sent: string, expected: string): boolean {
  const [one, other] = [Buffer.from(sent), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
