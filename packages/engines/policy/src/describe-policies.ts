import { createHash } from 'node:crypto'
import type { DescribedPolicy } from '@lockstep/core'
import type { PolicyBundle } from './policy-bundle.ts'

/** The policies of a bundle, in the order of the files. */
export function describePolicies({ policies }: PolicyBundle): readonly DescribedPolicy[] {
  return [...policies.values()].map(({ id, effect, file, line, text, principals, actions, resources, when }) => ({
    id,
    effect,
    file,
    line,
    text,
    principals: [...principals],
    actions: [...actions],
    resources: [...resources],
    condition: createHash('sha256').update(JSON.stringify(when)).digest('base64url'),
  }))
}
