import { type Expr, neverHolds } from '@lockstep/core'
import type { NamedPolicy } from './check-policy.ts'
import { contradiction } from './contradiction.ts'
import { environmentsOf, neverHoldsIn } from './policy-environments.ts'
import { policyExpr } from './policy-expr.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'
import { policyParts } from './policy-parts.ts'
import { type PolicyReach, policyReach } from './policy-reach.ts'
import { scanText } from './scan-text.ts'
import type { SchemaRules } from './schema-rules.ts'

/**
 * Tells why a policy can never apply, by intervals of integers, sets of values and the types that the schema allows, and where: the part of its
 * scope that fits no action, or the part of a condition that contradicts the rest. A rule that never holds is mostly one that somebody relies
 * on.
 *
 * @returns `undefined` when that is not proved
 */
export function deadPolicy(policy: NamedPolicy, rules: SchemaRules): Mistake | undefined {
  const reach = policyReach(policy.json, rules)
  if (environmentsOf(reach, rules).next().done) return misfit(policy, reach, rules)
  const isDead = (when: Expr) => {
    if (neverHolds(when)) return true
    for (const environment of environmentsOf(reach, rules)) if (!neverHoldsIn(environment, when)) return false
    return true
  }
  const when = policyExpr(policy.json)
  return isDead(when) ? contradiction(policy, policyParts({ ...policy, when }), isDead) : undefined
}

function misfit(policy: NamedPolicy, reach: PolicyReach, { actions }: SchemaRules): Mistake {
  const { file, line, text, id } = policy
  const named = [...reach.actions].flatMap((action) => actions.get(action) ?? [])
  const principals = new Set(named.flatMap((action) => [...action.principals]))
  const resources = new Set(named.flatMap((action) => [...action.resources]))
  const meets = (types: ReadonlySet<string>, own: ReadonlySet<string>) => [...types].some((type) => own.has(type))
  const at = (word: string) => line + lineAt(text, placeOf(text, word)) - 1
  const never = `\`${id}\` can never apply:`
  if (named.length === 0)
    return {
      file,
      line: at('action'),
      says: `${never} its scope names no action that a question can be about; correct it`,
    }
  if (!meets(principals, reach.principals)) {
    return {
      file,
      line: at('principal'),
      says: `${never} its actions take principals of ${list(principals)} only; correct one of them`,
    }
  }
  if (!meets(resources, reach.resources)) {
    return {
      file,
      line: at('resource'),
      says: `${never} its actions take resources of ${list(resources)} only; correct one of them`,
    }
  }
  return { file, line, says: `${never} no action takes both its principals and its resources; correct it` }
}

function list(types: ReadonlySet<string>): string {
  return [...types].map((type) => `\`${type}\``).join(', ')
}

/** The first time that a word stands in a policy's text as a token: in its scope, as annotations hold it only in strings. */
function placeOf(text: string, word: string): number {
  const tokens = scanText(text)
  return 'says' in tokens ? 0 : (tokens.find((token) => token.text === word)?.at ?? 0)
}
