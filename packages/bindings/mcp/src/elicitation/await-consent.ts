import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, Outcome } from '@lockstep/core'

/** How a call waits for consent. */
export interface AwaitConsentOptions {
  /** Milliseconds that one call waits. */
  readonly waitMs: number
  readonly clock: Clock
}

/** Decides again until somebody consented, or until it took too long. */
export type AwaitConsent = <T>(decide: () => Promise<Outcome<T>>, goOn: () => boolean) => Promise<Outcome<T>>

/** Calls that wait at once; any more are answered as they are. */
const MOST_WAITING = 256
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 1_000

/**
 * Creates what lets calls wait whose person was sent to a page: the server may block until that is done (MCP 2026-07-28, URL elicitation). The
 * wait is bounded, and so is how many wait, so that no client hangs; each turn is a decision in full.
 *
 * @param goOn whether anybody still waits for the answer
 */
export function createAwaitConsent({ waitMs, clock }: AwaitConsentOptions): AwaitConsent {
  let waiting = 0
  return async (decide, goOn) => {
    const first = await decide()
    if (!isWaiting(first) || waiting >= MOST_WAITING) return first
    waiting += 1
    try {
      const until = clock() + waitMs
      let outcome = first
      for (let length = FIRST_PAUSE; isWaiting(outcome); length = Math.min(length * 2, LONGEST_PAUSE)) {
        const left = until - clock()
        if (left <= 0) break
        await pause(Math.min(length, left), undefined, { ref: false })
        if (!goOn()) break
        outcome = await decide()
      }
      return outcome
    } finally {
      waiting -= 1
    }
  }
}

function isWaiting(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.denial.code === 'invocation.approval-required'
}
