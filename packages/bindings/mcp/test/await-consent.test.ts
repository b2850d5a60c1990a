import type { Approval, Outcome } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createAwaitConsent } from '../src/elicitation/await-consent.ts'

const WAITING: Outcome<string> = {
  ok: false,
  denial: { code: 'invocation.approval-required', unlock: { approval: { id: 'a' } } },
}

/** A call that waits while its request stands like this, one state for each look; it is permitted when it is decided on again. */
async function waitWhile(states: readonly (Approval['state'] | undefined)[], waitMs = 5_000, goOn = () => true) {
  let decided = 0
  let looked = 0
  const wait = createAwaitConsent({
    waitMs,
    stateOf: async () => {
      looked += 1
      return states[Math.min(looked, states.length) - 1]
    },
  })
  const outcome = await wait<string>(async () => {
    decided += 1
    return decided === 1 ? WAITING : { ok: true, value: 'permitted' }
  }, goOn)
  return { ok: outcome.ok, decided, looked }
}

test(proves('edge:elicitation:waits', 'once more when people have decided'), async () => {
  expect(await waitWhile(['pending', 'approved'])).toEqual({ ok: true, decided: 2, looked: 2 })
  expect(await waitWhile(['denied'])).toMatchObject({ decided: 2 })
})

test(proves('edge:elicitation:waits', 'and never anew for a request that ended otherwise'), async () => {
  for (const state of ['withdrawn', 'expired', 'used', undefined] as const) {
    expect(await waitWhile([state])).toEqual({ ok: false, decided: 1, looked: 1 })
  }
})

test(proves('edge:elicitation:waits', 'no longer than it may, or than anybody waits for it'), async () => {
  expect(await waitWhile(['pending'], 250)).toMatchObject({ ok: false, decided: 1 })
  expect(await waitWhile(['approved'], 5_000, () => false)).toEqual({ ok: false, decided: 1, looked: 0 })
})
