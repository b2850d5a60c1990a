import type { Clock } from '@lockstep/core'

/**
 * From when on a process that remembers nothing of the one before it accepts proofs, in milliseconds since the epoch: after it began. Proofs
 * name whole seconds, so it is one.
 */
export function processBornAt(clock: Clock): number {
  return Math.ceil((clock() - performance.now()) / 1000) * 1000
}
