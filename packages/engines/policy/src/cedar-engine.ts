import { askResidual } from './ask-residual.ts'
import { cedarGeneration } from './cedar.ts'
import { decide } from './decide.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import type { PolicyEngine } from './policy-engine.ts'
import { preparePolicies } from './prepared-policies.ts'
import { failedDecision } from './to-decision.ts'

/**
 * cedar-wasm's own evaluator. A decision takes tens to hundreds of microseconds, a residual some milliseconds.
 *
 * @param slot where the bundle is preparsed; see `preparePolicies`
 * @throws LockstepError `policy.evaluation-failed` when the bundle cannot be prepared
 */
export function createCedarEngine(bundle: PolicyBundle, slot: string): PolicyEngine {
  let prepared = preparePolicies(bundle, slot)

  /** What was preparsed into an instance that broke is prepared again in the new one. */
  function current() {
    if (prepared.generation !== cedarGeneration()) prepared = preparePolicies(bundle, slot)
    return prepared
  }

  return {
    decide(question) {
      try {
        return decide(question, current())
      } catch {
        return failedDecision(bundle)
      }
    },
    residual: (question) => askResidual(question, current()),
  }
}
