import type { Decision, ErrorCode, Obligation } from '@lockstep/core'
import type { PolicyBundle } from './policy-bundle.ts'

/** What policies said about a question that leaves nothing open, by id. */
export interface PolicyAnswer {
  /** The permits that hold, when no forbid does; else the forbids that do. */
  readonly determining: readonly string[]
  readonly permitted: boolean
  /** The policies that raised an error. */
  readonly errors: readonly string[]
}

/**
 * Makes the decision of an answer: forbids override permits, nothing permits by itself, and any error of any policy is a deny with
 * `policy.evaluation-failed`, because a forbid that fails is one that does not forbid.
 */
export function toDecision(answer: PolicyAnswer, bundle: PolicyBundle): Decision {
  const { permitted, errors } = answer
  if (errors.length > 0) return failedDecision(bundle)
  // cedar-wasm tells them in any order; a decision that is made again must read the same.
  const determining = [...answer.determining].sort()
  if (!permitted) return deny('invocation.denied', determining, bundle)
  const obligations = obligationsOf(determining, bundle)
  return obligations
    ? { effect: 'permit', policies: determining, obligations, policyVersion: bundle.version }
    : failedDecision(bundle)
}

/** The deny for a question that could not be answered. */
export function failedDecision(bundle: PolicyBundle): Decision {
  return deny('policy.evaluation-failed', [], bundle)
}

function deny(code: ErrorCode, policies: readonly string[], { version }: PolicyBundle): Decision {
  // The asker knows which of the two it asked for; see `decideForBoth`.
  return { effect: 'deny', policies, refused: 'subject', code, policyVersion: version }
}

/** The obligations of the determining policies; `undefined` when one of them is no permit of the bundle. */
function obligationsOf(ids: readonly string[], bundle: PolicyBundle): readonly Obligation[] | undefined {
  const policies = ids.map((id) => bundle.policies.get(id))
  if (ids.length === 0 || policies.some((policy) => policy?.effect !== 'permit')) return undefined
  return policies.flatMap((policy) => policy?.obligations ?? [])
}
