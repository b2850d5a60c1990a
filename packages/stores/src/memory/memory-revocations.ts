import type { RevocationStore, Standing } from '@lockstep/core'
import { checkRevocation } from '../check-use.ts'
import type { OpenState } from './open-state.ts'

/** Revocations in this process, which its single-use store asks without waiting. */
export interface MemoryRevocations extends RevocationStore {
  /** Whether one of these was revoked. */
  covers(standing: readonly Standing[]): boolean
}

/** Creates revocations in this process. Nothing is ever forgotten: there are as many as an operator made. */
export function createMemoryRevocations(open: OpenState): MemoryRevocations {
  const until = new Map<string, number>()
  return {
    async revoke(name, at) {
      open.check()
      checkRevocation(name, at)
      until.set(name, Math.max(at, until.get(name) ?? at))
    },
    covers: (standing) =>
      standing.some(({ name, issuedAt }) => issuedAt <= (until.get(name) ?? Number.NEGATIVE_INFINITY)),
  }
}
