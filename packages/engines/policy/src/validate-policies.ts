import { callCedar } from './cedar.ts'
import { cedarMistake } from './cedar-error.ts'
import type { NamedPolicy } from './check-policy.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'

/**
 * Validates policies against the schema, in Cedar's strict mode. Warnings count: a policy that can never apply is a mistake
 * that nobody notices until it matters, and a confusable identifier is an attack.
 */
export function validatePolicies(schema: string, policies: readonly NamedPolicy[]): readonly Mistake[] {
  const staticPolicies = Object.fromEntries(policies.map((policy) => [policy.id, policy.text]))
  const answer = callCedar((cedar) =>
    cedar.validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } }),
  )
  if (answer.type === 'failure') {
    return answer.errors.map((error) => ({ file: '.', says: cedarMistake(error, '').says }))
  }
  const failing = new Set(answer.validationErrors.map((error) => error.policyId))
  const found = [
    ...answer.validationErrors,
    // Cedar adds "impossible" to every policy with an error; the error alone says more.
    ...answer.validationWarnings.filter((warning) => !failing.has(warning.policyId)),
  ]
  const told = found.map(({ policyId, error }): Mistake => {
    const policy = policies.find((one) => one.id === policyId)
    if (!policy) return { file: '.', says: error.message }
    const { at, says } = cedarMistake(error, policy.text)
    return { file: policy.file, line: policy.line + lineAt(policy.text, at) - 1, says }
  })
  return [...told, ...answer.otherWarnings.map((error) => ({ file: '.', says: cedarMistake(error, '').says }))]
}
