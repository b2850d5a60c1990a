import { setTimeout as pause } from 'node:timers/promises'
import type { Approval, Outcome } from '@lockstep/core'

/** How a call waits for consent. */
export interface AwaitConsentOptions {
  /** Milliseconds that one call waits. */
  readonly waitMs: number
  /** How a request stands; `undefined` when it is not there. */
  readonly stateOf: (approval: string) => Promise<Approval['state'] | undefined>
}

/** Decides, waits until people have decided on what that asked them, and decides again. */
export type AwaitConsent = <T>(decide: () => Promise<Outcome<T>>, goOn: () => boolean) => Promise<Outcome<T>>

/** Calls that wait at once; any more are answered as they are. */
const MOST_WAITING = 256
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 1_000

/**
 * Creates what lets calls wait whose person was sent to a page: the server may block until that is done (MCP 2026-07-28, URL elicitation). The
 * wait is bounded, and so is how many wait, so that no client hangs. Only the request is looked at meanwhile: to decide on the call would ask
 * people anew once it was withdrawn.
 *
 * @param goOn whether anybody still waits for the answer
 */
export function createAwaitConsent({ waitMs, stateOf }: AwaitConsentOptions): AwaitConsent {
  let waiting = 0
  return async (decide, goOn) => {
    const first = await decide()
    const approval = waitsFor(first)
    if (approval === undefined || waiting >= MOST_WAITING) return first
    waiting += 1
    try {
      // Not by the clock, which may be set back.
      const until = performance.now() + waitMs
      for (let length = FIRST_PAUSE; ; length = Math.min(length * 2, LONGEST_PAUSE)) {
        const left = until - performance.now()
        if (left <= 0) return first
        await pause(Math.min(length, left), undefined, { ref: false })
        if (!goOn()) return first
        const state = await stateOf(approval)
        if (state === 'approved' || state === 'denied') return await decide()
        if (state !== 'pending') return first
      }
    } finally {
      waiting -= 1
    }
  }
}

function waitsFor(outcome: Outcome<unknown>): string | undefined {
  if (outcome.ok || outcome.denial.code !== 'invocation.approval-required') return undefined
  return outcome.denial.unlock?.approval?.id
}
