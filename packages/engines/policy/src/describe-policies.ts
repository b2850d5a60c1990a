import { createHash } from 'node:crypto'
import type { DescribedPolicy } from '@lockstep/core'
import type { PolicyBundle } from './policy-bundle.ts'
import { policyParts } from './policy-parts.ts'
import type { ActionRules } from './schema-rules.ts'

/** The policies of a bundle, in the order of the files. */
export function describePolicies({ policies, rules }: PolicyBundle): readonly DescribedPolicy[] {
  return [...policies.values()].map((policy) => {
    const { id, effect, file, line, principals, actions, resources, when } = policy
    const own = [...actions].flatMap((action) => rules.actions.get(action) ?? [])
    // A scope may let in types that none of its actions is about.
    const named = (types: ReadonlySet<string>, of: (action: ActionRules) => ReadonlySet<string>) =>
      [...types].filter((type) => own.some((action) => of(action).has(type)))
    return {
      id,
      effect,
      file,
      line,
      principals: named(principals, (action) => action.principals),
      actions: [...actions],
      resources: named(resources, (action) => action.resources),
      conditions: policyParts(policy).map(({ text }) => text),
      condition: createHash('sha256').update(JSON.stringify(when)).digest('base64url'),
    }
  })
}
