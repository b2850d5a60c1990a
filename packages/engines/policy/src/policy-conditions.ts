import { type PolicyCondition, PRINCIPAL, substitute } from '@lockstep/core'
import { compilePolicies } from './compiled-policies.ts'
import { VARIABLES } from './decode-expr.ts'
import { foldMembership } from './fold-membership.ts'
import type { PolicyBundle } from './policy-bundle.ts'

/** The policies that can apply to an action, once for each type of principal and of resource; none for an undeclared action. */
export function policyConditions(bundle: PolicyBundle, action: string): readonly PolicyCondition[] {
  const slice = compilePolicies(bundle)
  const { principals = [], resources = [] } = bundle.rules.actions.get(action) ?? {}
  const pairs = [...principals].flatMap((principal) => [...resources].map((resource) => ({ principal, resource })))
  return pairs.flatMap(({ principal, resource }) =>
    slice(action, principal, resource).map(({ id, effect, when }) => {
      const types = { resource, [PRINCIPAL]: principal }
      const named = substitute(when, {
        [VARIABLES.resource]: { op: 'unknown', name: 'resource' },
        [VARIABLES.context]: { op: 'unknown', name: 'context' },
      })
      const { file = '', line = 0, obligations = [] } = bundle.policies.get(id) ?? {}
      const folded = foldMembership(named, { declared: bundle.entities, types, facts: [] })
      const condition = { id, effect, file, line, principal, resource, when: folded }
      return obligations.length === 0 ? condition : { ...condition, obligations: obligations.map(({ name }) => name) }
    }),
  )
}
