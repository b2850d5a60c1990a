import type { PolicySource } from './policy-bundle.ts'
import { environmentsOf, neverHoldsIn } from './policy-environments.ts'
import type { Mistake } from './policy-mistake.ts'
import type { SchemaRules } from './schema-rules.ts'

/**
 * Finds principal types that no permit can ever apply to: whoever asks about such a principal as well, as every call is asked about for its
 * actor, is always refused.
 *
 * @param demanded by entity type, what to do when there is no permit for it
 */
export function neverPermitted(
  policies: readonly PolicySource[],
  rules: SchemaRules,
  demanded: Readonly<Record<string, string>>,
): readonly Mistake[] {
  return Object.entries(demanded)
    .filter(([type]) => !policies.some((policy) => mayPermit(policy, type, rules)))
    .map(([type, fix]) => ({ file: '.', says: `no policy can ever permit \`principal is ${type}\`; ${fix}` }))
}

function mayPermit(policy: PolicySource, type: string, rules: SchemaRules): boolean {
  if (policy.effect !== 'permit' || !policy.principals.has(type)) return false
  for (const environment of environmentsOf(policy, rules)) {
    if (environment.principal === type && !neverHoldsIn(environment, policy.when)) return true
  }
  return false
}
