import type { Decision, Question } from '@lockstep/core'
import { callCedar } from './cedar.ts'
import { encodeQuestion } from './encode-question.ts'
import type { PreparedPolicies } from './prepared-policies.ts'
import { failedDecision, toDecision } from './to-decision.ts'

/** Decides one question with cedar-wasm. Never throws: what is not a clean answer is a deny with `policy.evaluation-failed`. */
export function decide(question: Question, prepared: PreparedPolicies): Decision {
  const { bundle } = prepared
  try {
    const call = encodeQuestion(question, prepared)
    const answer = callCedar((cedar) => cedar.statefulIsAuthorized(call))
    // The third answer beside allow and deny: the question did not fit.
    if (answer.type !== 'success') return failedDecision(bundle)
    const { decision, diagnostics } = answer.response
    const errors = diagnostics.errors.map(({ policyId }) => policyId)
    return toDecision({ determining: diagnostics.reason, permitted: decision === 'allow', errors }, bundle)
  } catch {
    return failedDecision(bundle)
  }
}
