import type { AuthorizedCall, Clock } from '@lockstep/core'

/** Knows which authorized calls are still open. */
export interface CallLifecycle {
  open(call: AuthorizedCall): void
  /** Ends a call: its clients refuse from now on. */
  close(call: AuthorizedCall): void
  /** Whether a call was opened here, was not closed and is within its deadline. */
  isOpen(call: AuthorizedCall): boolean
}

/** Creates the lifecycle of one Lockstep instance. A call dies with its answer, and at its deadline at the latest. */
export function createCallLifecycle(clock: Clock): CallLifecycle {
  const openCalls = new WeakSet<AuthorizedCall>()
  return {
    open: (call) => void openCalls.add(call),
    close: (call) => void openCalls.delete(call),
    isOpen: (call) => openCalls.has(call) && clock() < call.deadline,
  }
}
