import { checkPointOptions, type DecisionPointOptions } from './decision-point-options.ts'
import { folderSignature } from './folder-signature.ts'
import { loadPolicies } from './load-policies.ts'
import { createPolicyPoint, type PolicyDecisionPoint } from './policy-point.ts'

/**
 * Creates the decision point of a policy folder: loads, validates and prepares it, here and now, for a test or a command that may wait and may
 * break. A server opens one with `openDecisionPoint`.
 *
 * `decide` and `residual` are synchronous. With the engine `lockstep` they take microseconds; with `cedar-wasm` a decision takes tens to
 * hundreds of microseconds, and a residual that is not cached some milliseconds.
 *
 * @throws TypeError when an option is misused
 * @throws LockstepError `policy.invalid` when the folder holds no valid policy
 *
 * @example
 * ```ts
 * const point = createDecisionPoint({ folder: 'policies', obligations: { limit: { kind: 'integer', atLeast: 1 } } })
 * ```
 */
export function createDecisionPoint(options: DecisionPointOptions): PolicyDecisionPoint {
  checkPointOptions(options)
  const load = () => loadPolicies(options.folder, options)
  const loadedFrom = folderSignature(options.folder)
  return createPolicyPoint(options, { loadedFrom, bundle: load(), reload: (putInForce) => putInForce(load()) })
}
