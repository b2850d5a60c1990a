import type { Clock } from '@lockstep/core'

const FORGET_EVERY_MS = 10_000

/** Says now and then that it is time to forget what has expired: at most every ten seconds of the instance's clock. */
export function createForgetDue(clock: Clock): (now: number) => boolean {
  let dueAt = clock() + FORGET_EVERY_MS
  return (now) => {
    if (now < dueAt) return false
    dueAt = now + FORGET_EVERY_MS
    return true
  }
}
