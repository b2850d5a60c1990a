import type { Clock, HistoryStore } from '@lockstep/core'
import { callerDigest } from '../caller-digest.ts'
import { checkLabels } from '../check-labels.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import { LABEL_GRACE_MS } from '../label-grace.ts'
import type { OpenState } from './open-state.ts'

/** Creates a history in this process. Labels are forgotten by time alone: an evicted one would be a way to shed it. */
export function createMemoryHistory(clock: Clock, open: OpenState): HistoryStore {
  const callers = new Map<string, Map<string, number>>()
  const forgetDue = createForgetDue(clock)

  function forget(now: number): void {
    if (!forgetDue(now)) return
    for (const [caller, ends] of callers) {
      for (const [label, end] of ends) if (end <= now - LABEL_GRACE_MS) ends.delete(label)
      if (ends.size === 0) callers.delete(caller)
    }
  }

  return {
    async labels(caller) {
      open.check()
      const ends = callers.get(callerDigest(caller).toString('base64')) ?? new Map<string, number>()
      const now = clock()
      return [...ends]
        .filter(([, end]) => end > now)
        .map(([label]) => label)
        .sort()
    },
    async raise(caller, labels, expiresAt) {
      open.check()
      const key = callerDigest(caller).toString('base64')
      const raised = checkLabels(labels)
      checkTime('expiresAt', expiresAt)
      forget(clock())
      const ends = callers.get(key) ?? new Map<string, number>()
      for (const label of raised) ends.set(label, Math.max(expiresAt, ends.get(label) ?? expiresAt))
      if (ends.size > 0) callers.set(key, ends)
    },
  }
}
