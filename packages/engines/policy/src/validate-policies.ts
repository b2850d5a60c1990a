import type { ValidationError } from '@cedar-policy/cedar-wasm/nodejs'
import { callCedar } from './cedar.ts'
import { cedarMistake } from './cedar-error.ts'
import type { NamedPolicy } from './check-policy.ts'
import { deadPolicy } from './dead-policy.ts'
import { policyExpr } from './policy-expr.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'
import { policyParts } from './policy-parts.ts'
import type { SchemaRules } from './schema-rules.ts'

/**
 * Validates policies against the schema, in Cedar's strict mode. Warnings count: a policy that can never apply is a mistake
 * that nobody notices until it matters, and a confusable identifier is an attack.
 */
export function validatePolicies(
  schema: string,
  policies: readonly NamedPolicy[],
  rules: SchemaRules,
): readonly Mistake[] {
  const byId = new Map(policies.map((policy) => [policy.id, policy]))
  const staticPolicies = Object.fromEntries(policies.map((policy) => [policy.id, policy.text]))
  const answer = callCedar((cedar) =>
    cedar.validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } }),
  )
  if (answer.type === 'failure') {
    return answer.errors.map((error) => ({ file: '.', says: cedarMistake(error, '').says }))
  }
  const failing = new Set(answer.validationErrors.map((error) => error.policyId))
  // Cedar adds "impossible" to every policy with an error; the error alone says more.
  const warnings = answer.validationWarnings.filter((warning) => !failing.has(warning.policyId))
  return [
    ...answer.validationErrors.map((found) => told(found, byId)),
    ...warned(warnings, byId, rules),
    ...answer.otherWarnings.map((error) => ({ file: '.', says: cedarMistake(error, '').says })),
  ]
}

/** Cedar says of a dead policy only that it is one, sometimes twice. */
function warned(
  warnings: readonly ValidationError[],
  policies: ReadonlyMap<string, NamedPolicy>,
  rules: SchemaRules,
): readonly Mistake[] {
  const dead = new Map<string, Mistake>()
  const others = warnings.flatMap((warning) => {
    const policy = policies.get(warning.policyId)
    const isDead = /policy is impossible|unable to find an applicable action/.test(warning.error.message)
    const mistake = isDead && policy ? (deadPolicy(policy, rules) ?? atCondition(policy, warning)) : undefined
    if (mistake) dead.set(warning.policyId, mistake)
    return mistake ? [] : [told(warning, policies)]
  })
  return [...dead.values(), ...others]
}

/** What Cedar alone can tell to be dead, at the end of its conditions: the scope was found to fit. */
function atCondition(policy: NamedPolicy, { error }: ValidationError): Mistake {
  const last = policyParts({ ...policy, when: policyExpr(policy.json) }).at(-1)
  return { file: policy.file, line: last?.line ?? policy.line, says: cedarMistake(error, policy.text).says }
}

function told({ policyId, error }: ValidationError, policies: ReadonlyMap<string, NamedPolicy>): Mistake {
  const policy = policies.get(policyId)
  if (!policy) return { file: '.', says: error.message }
  const { at, says } = cedarMistake(error, policy.text)
  return { file: policy.file, line: policy.line + lineAt(policy.text, at) - 1, says }
}
