import { setTimeout as pause } from 'node:timers/promises'
import type { Approval, Denial, Outcome } from '@lockstep/core'

/** How a call waits for consent. */
export interface AwaitConsentOptions {
  /** Milliseconds that one call waits. */
  readonly waitMs: number
  /** How a request stands; `undefined` when it is not there. */
  readonly stateOf: (approval: string) => Promise<Approval['state'] | undefined>
}

/** Whether somebody has signed in for the call by now. */
export type HasSignedIn = () => Promise<boolean>

/** Decides, waits until people have decided on what that asked them, and decides again. */
export type AwaitConsent = <T>(
  decide: () => Promise<Outcome<T>>,
  goOn: () => boolean,
  hasSignedIn?: HasSignedIn,
) => Promise<Outcome<T>>

/** Calls that wait at once; any more are answered as they are. */
const MOST_WAITING = 256
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 1_000

type Look = () => Promise<'decided' | 'waiting' | 'over'>

/**
 * Creates what lets calls wait whose person was sent to a page: the server may block until that is done (MCP 2026-07-28, URL elicitation). The
 * wait is bounded, and so is how many wait, so that no client hangs. Only the request is looked at meanwhile: to decide on the call would ask
 * people anew once it was withdrawn. Where a sign-in was waited for, the consent of others is not: that is another page.
 *
 * @param goOn whether anybody still waits for the answer
 * @param hasSignedIn present where the person was led to sign in
 */
export function createAwaitConsent({ waitMs, stateOf }: AwaitConsentOptions): AwaitConsent {
  let waiting = 0
  const lookAt = (approval: string): Look => {
    return async () => {
      const state = await stateOf(approval)
      if (state === 'approved' || state === 'denied') return 'decided'
      return state === 'pending' ? 'waiting' : 'over'
    }
  }
  const waitsFor = ({ code, unlock }: Denial, hasSignedIn: HasSignedIn | undefined): Look | undefined => {
    if (hasSignedIn) {
      const lacks = unlock?.acr !== undefined || unlock?.maxAge !== undefined
      return lacks ? async () => ((await hasSignedIn()) ? 'decided' : 'waiting') : undefined
    }
    return code === 'invocation.approval-required' && unlock?.approval ? lookAt(unlock.approval.id) : undefined
  }
  return async (decide, goOn, hasSignedIn) => {
    const first = await decide()
    const look = first.ok ? undefined : waitsFor(first.denial, hasSignedIn)
    if (!look || waiting >= MOST_WAITING) return first
    waiting += 1
    try {
      // Not by the clock, which may be set back.
      const until = performance.now() + waitMs
      for (let length = FIRST_PAUSE; ; length = Math.min(length * 2, LONGEST_PAUSE)) {
        const left = until - performance.now()
        if (left <= 0) return first
        await pause(Math.min(length, left), undefined, { ref: false })
        if (!goOn()) return first
        const seen = await look()
        if (seen === 'decided') return await decide()
        if (seen === 'over') return first
      }
    } finally {
      waiting -= 1
    }
  }
}
