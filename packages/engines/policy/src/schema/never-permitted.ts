import { isLiteral } from '@lockstep/core'
import type { PolicyBundle, PolicySource } from '../policy-bundle.ts'
import type { Drift } from './drift.ts'
import type { SchemaTool } from './generate-schema.ts'

/**
 * Finds tools that no policy can permit for any user, or for any agent: no permit reaches them by its scope. What can never hold does not
 * load, so every permit that reaches a tool permits something. A tool that a `forbid` without conditions closes for everyone is closed
 * on purpose.
 */
export function neverPermitted({ policies, actions }: PolicyBundle, tools: readonly SchemaTool[]): readonly Drift[] {
  const all = [...policies.values()]
  return tools.flatMap(({ name, action, resource = 'Tool' }) => {
    if (!actions.has(action)) return []
    const reaches = (policy: PolicySource, principal: string) =>
      policy.actions.has(action) && policy.resources.has(resource) && policy.principals.has(principal)
    const closed = ['User', 'Agent'].every((principal) =>
      all.some((policy) => policy.effect === 'forbid' && reaches(policy, principal) && isLiteral(policy.when, true)),
    )
    if (closed) return []
    return ['User', 'Agent']
      .filter((principal) => !all.some((policy) => policy.effect === 'permit' && reaches(policy, principal)))
      .map((principal): Drift => {
        const says = `no policy permits it for ${principal === 'User' ? 'a user' : 'an agent'}; permit it, or forbid it to all`
        return { kind: 'never-permitted', at: name, says }
      })
  })
}
