import { compile, type Evaluator, type Expr, isLiteral, literal, substitute } from '@lockstep/core'
import { VARIABLES } from './decode-expr.ts'
import type { PolicyBundle, PolicySource } from './policy-bundle.ts'

/** A policy as it applies to one action, principal type and resource type. */
export interface CompiledPolicy {
  readonly id: string
  readonly effect: PolicySource['effect']
  readonly when: Expr
  /** Whether it applies, given the four variables. */
  readonly holds: Evaluator
}

/** The policies that can apply to one action, principal type and resource type. */
export type PolicySlice = (action: string, principal: string, resource: string) => readonly CompiledPolicy[]

/**
 * Compiles a bundle's policies, sliced by action, principal type and resource type, so that a question costs as much as its own policies,
 * however many there are of other tools. A slice is made when it is first asked for; the schema bounds how many there can be.
 */
export function compilePolicies(bundle: PolicyBundle): PolicySlice {
  const byAction = new Map<string, Map<string, Map<string, readonly CompiledPolicy[]>>>()
  return (action, principal, resource) => {
    const byPrincipal = entry(byAction, action)
    const byResource = entry(byPrincipal, principal)
    const found = byResource.get(resource)
    if (found) return found
    const slice = sliceOf(bundle, action, principal, resource)
    // Only what the schema knows is kept: nobody can fill the memory with invented types.
    if (bundle.rules.actions.get(action)?.principals.has(principal)) byResource.set(resource, slice)
    return slice
  }
}

function sliceOf(bundle: PolicyBundle, action: string, principal: string, resource: string): readonly CompiledPolicy[] {
  const types = { [VARIABLES.principal]: principal, [VARIABLES.resource]: resource }
  const bindings = { [VARIABLES.action]: literal({ entity: { type: 'Action', id: action } }) }
  return [...bundle.policies.values()]
    .filter(
      (policy) => policy.actions.has(action) && policy.principals.has(principal) && policy.resources.has(resource),
    )
    .map(({ id, effect, when }) => {
      const own = substitute(when, bindings, { types })
      return { id, effect, when: own, holds: compile(own) }
    })
    .filter(({ when }) => !isLiteral(when, false))
}

function entry<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = map.get(key)
  if (found) return found
  const made = new Map<string, T>()
  map.set(key, made)
  return made
}
