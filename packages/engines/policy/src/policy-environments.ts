import { type Expr, literal, neverHolds, substitute } from '@lockstep/core'
import { VARIABLES } from './decode-expr.ts'
import type { PolicyReach } from './policy-reach.ts'
import type { SchemaRules } from './schema-rules.ts'

/** One combination that the schema lets a question have. */
export interface PolicyEnvironment {
  readonly action: string
  readonly principal: string
  readonly resource: string
}

/** The combinations that the schema declares and that a policy's scope lets it apply to. */
export function* environmentsOf(reach: PolicyReach, { actions }: SchemaRules): Generator<PolicyEnvironment> {
  for (const action of reach.actions) {
    const applies = actions.get(action)
    for (const principal of applies?.principals ?? []) {
      if (!reach.principals.has(principal)) continue
      for (const resource of applies?.resources ?? []) {
        if (reach.resources.has(resource)) yield { action, principal, resource }
      }
    }
  }
}

/** Whether a condition can be proved never to hold in one of them. */
export function neverHoldsIn({ action, principal, resource }: PolicyEnvironment, when: Expr): boolean {
  const bindings = { [VARIABLES.action]: literal({ entity: { type: 'Action', id: action } }) }
  const types = { [VARIABLES.principal]: principal, [VARIABLES.resource]: resource }
  return neverHolds(substitute(when, bindings, { types }))
}
