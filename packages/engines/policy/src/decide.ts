import type { Decision, Obligation, Question } from '@lockstep/core'
import { callCedar } from './cedar.ts'
import { encodeQuestion } from './encode-question.ts'
import type { PreparedPolicies } from './prepared-policies.ts'

/**
 * Decides one question with Cedar. Never throws: whatever is not a clean permit is a deny, and everything that went wrong is a
 * deny with `policy.evaluation-failed`. That includes any error of any policy, because to Cedar a forbid that fails is one that
 * does not forbid.
 */
export function decide(question: Question, prepared: PreparedPolicies): Decision {
  const policyVersion = prepared.bundle.version
  const deny = (
    code: 'invocation.denied' | 'policy.evaluation-failed',
    policies: readonly string[] = [],
  ): Decision => ({
    effect: 'deny',
    policies,
    // The asker knows which of the two it asked for; see `decideForBoth`.
    refused: 'subject',
    code,
    policyVersion,
  })
  try {
    const call = encodeQuestion(question, prepared)
    const answer = callCedar((cedar) => cedar.statefulIsAuthorized(call))
    if (answer.type !== 'success') return deny('policy.evaluation-failed')
    const { decision, diagnostics } = answer.response
    if (diagnostics.errors.length > 0) return deny('policy.evaluation-failed')
    if (decision !== 'allow') return deny('invocation.denied', diagnostics.reason)
    const obligations = obligationsOf(diagnostics.reason, prepared)
    if (!obligations) return deny('policy.evaluation-failed')
    return { effect: 'permit', policies: diagnostics.reason, obligations, policyVersion }
  } catch {
    return deny('policy.evaluation-failed')
  }
}

/** The obligations of the determining policies; `undefined` when Cedar names a policy that the bundle does not hold. */
function obligationsOf(ids: readonly string[], prepared: PreparedPolicies): readonly Obligation[] | undefined {
  const policies = ids.map((id) => prepared.bundle.policies.get(id))
  if (ids.length === 0 || policies.some((policy) => policy?.effect !== 'permit')) return undefined
  return policies.flatMap((policy) => policy?.obligations ?? [])
}
