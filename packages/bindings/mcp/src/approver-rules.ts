import type { LockstepConfiguration } from './configuration.ts'

type Rules = NonNullable<LockstepConfiguration['approvers']>

/** Who may be asked to consent, as a list; `undefined` where nobody is. */
export function approverRules(configured: Rules | undefined): readonly { relation: string; of: string }[] | undefined {
  if (configured === undefined) return undefined
  return 'relation' in configured ? [configured] : configured
}
