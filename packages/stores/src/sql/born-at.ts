import type { Clock } from '@lockstep/core'
import type { ProofMark } from './proof-mark.ts'

/**
 * From when on proofs are accepted by a store that remembers nothing, in milliseconds since the epoch: after now, and after all that was
 * ever accepted. Proofs name whole seconds, so it is one.
 */
export async function bornAt(mark: ProofMark, clock: Clock): Promise<number> {
  return Math.ceil(Math.max(clock(), await mark.read()) / 1000) * 1000
}
