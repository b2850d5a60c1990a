import type { StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs'
import type { Question } from '@lockstep/core'
import { callCedar } from '../../src/cedar.ts'
import { encodeQuestion } from '../../src/encode-question.ts'
import type { PolicyBundle } from '../../src/policy-bundle.ts'

const SCHEMA = 'oracle'
const SET = 'oracle'

/** What Cedar itself says, with nothing of ours in between but the JSON that it is asked in. */
export interface CedarAnswer {
  readonly allowed: boolean
  /** The determining policies, sorted. */
  readonly reason: readonly string[]
  /** The policies that raised an error, sorted. */
  readonly errors: readonly string[]
}

/** Hands cedar-wasm the schema of a bundle. */
export function prepareSchema(bundle: PolicyBundle): void {
  must(callCedar((cedar) => cedar.preparseSchema(SCHEMA, bundle.schema)))
}

/** Hands cedar-wasm a bundle's policies, all of them in one set. */
export function preparePolicySet(bundle: PolicyBundle): void {
  const staticPolicies = Object.fromEntries([...bundle.policies.values()].map(({ id, text }) => [id, text]))
  must(callCedar((cedar) => cedar.preparsePolicySet(SET, { staticPolicies })))
}

/** A question as Cedar takes it. */
export function encoded(question: Question, bundle: PolicyBundle): StatefulAuthorizationCall {
  return encodeQuestion(question, { bundle, schema: SCHEMA, setOf: () => SET, emptySet: SET, generation: 0 })
}

/** Asks Cedar; `misfit` when it does not take the question. */
export function cedarAnswer(call: StatefulAuthorizationCall): CedarAnswer | 'misfit' {
  const answer = callCedar((cedar) => cedar.statefulIsAuthorized(call))
  if (answer.type !== 'success') return 'misfit'
  const { decision, diagnostics } = answer.response
  return {
    allowed: decision === 'allow',
    reason: [...diagnostics.reason].sort(),
    errors: diagnostics.errors.map(({ policyId }) => policyId).sort(),
  }
}

function must(answer: { readonly type: string }): void {
  if (answer.type !== 'success') throw new Error('cedar-wasm refuses what it accepted before')
}
