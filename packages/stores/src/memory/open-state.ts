import { LockstepError } from '@lockstep/core'

/** Whether the state that a store belongs to is still open. */
export interface OpenState {
  /** Throws LockstepError `state.unavailable` once the state is closed. */
  check(): void
  close(): void
}

/** Creates what ends all stores of one state in memory. */
export function createOpenState(): OpenState {
  let closed = false
  return {
    check() {
      if (closed) throw new LockstepError('state.unavailable', 'the state is closed')
    },
    close() {
      closed = true
    },
  }
}
