import { isLiteral } from '@lockstep/core'
import type { PolicyBundle, PolicySource } from '../policy-bundle.ts'
import { neverHoldsIn } from '../policy-environments.ts'
import type { Drift } from './drift.ts'
import type { SchemaTool } from './generate-schema.ts'

/**
 * Finds tools that no policy can permit for any user, or for any agent: each permit is out of reach by its scope, or can be proved never to
 * hold there. A tool that a `forbid` without conditions closes for both is closed on purpose.
 */
export function unreachableTools({ policies, actions }: PolicyBundle, tools: readonly SchemaTool[]): readonly Drift[] {
  const all = [...policies.values()]
  return tools.flatMap(({ name, action, resource = 'Tool' }) => {
    if (!actions.has(action)) return []
    const mayApply = (policy: PolicySource, effect: PolicySource['effect'], principal: string) =>
      policy.effect === effect &&
      policy.actions.has(action) &&
      policy.resources.has(resource) &&
      policy.principals.has(principal) &&
      !neverHoldsIn({ action, principal, resource }, policy.when)
    const closed = ['User', 'Agent'].every((principal) =>
      all.some((policy) => mayApply(policy, 'forbid', principal) && isLiteral(policy.when, true)),
    )
    if (closed) return []
    return ['User', 'Agent']
      .filter((principal) => !all.some((policy) => mayApply(policy, 'permit', principal)))
      .map((principal): Drift => {
        const says = `no policy can permit it for ${principal === 'User' ? 'a user' : 'an agent'}; permit it, or forbid it to all`
        return { kind: 'never-permitted', at: name, says }
      })
  })
}
