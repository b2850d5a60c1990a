import { LockstepError } from '@lockstep/core'
import { type Cedar, callCedar, cedarGeneration } from './cedar.ts'
import type { PolicyBundle } from './policy-bundle.ts'

/** A bundle as cedar-wasm holds it: parsed once, one policy set for each action, and one that is empty. */
export interface PreparedPolicies {
  readonly bundle: PolicyBundle
  /** The name of the preparsed schema. */
  readonly schema: string
  /** The id of the preparsed set of an action's policies. */
  readonly setOf: (action: string) => string
  /** The id of the preparsed set without policies. */
  readonly emptySet: string
  readonly generation: number
}

/**
 * Parses a bundle into cedar-wasm. Sets are sliced by action, because the cost of a decision grows with the policies in it.
 *
 * cedar-wasm can replace a set but never drop one, so `slot` names where the bundle lives: a caller alternates between two, and
 * the version in use stays whole until the new one is complete.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function preparePolicies(bundle: PolicyBundle, slot: string): PreparedPolicies {
  const setOf = (action: string) => `${slot}/${action}`
  const generation = cedarGeneration()
  parsed((cedar) => cedar.preparseSchema(slot, bundle.schema))
  parsed((cedar) => cedar.preparsePolicySet(slot, { staticPolicies: {} }))
  for (const action of bundle.actions.keys()) {
    const own = [...bundle.policies.values()].filter((policy) => policy.actions.has(action))
    const staticPolicies = Object.fromEntries(own.map((policy) => [policy.id, policy.text]))
    parsed((cedar) => cedar.preparsePolicySet(setOf(action), { staticPolicies }))
  }
  return { bundle, schema: slot, setOf, emptySet: slot, generation }
}

function parsed(prepare: (cedar: Cedar) => { readonly type: string }): void {
  if (callCedar(prepare).type !== 'success') {
    throw new LockstepError('policy.evaluation-failed', 'valid policies could not be prepared')
  }
}
