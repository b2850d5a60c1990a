import type { AuthorizedCall, JsonValue } from '@lockstep/core'
import { type ReleaseOptions, releaseValues, type SentPlan } from '@lockstep/execution/egress'
import type { ObligeValues } from '../obligations/oblige-values.ts'

/** What values are released with. */
export interface ReleaseObligedParts {
  readonly read: ReleaseOptions
  readonly oblige: ObligeValues
}

/**
 * Releases values by their plan, and carries the obligations of the call out on those that are left: each stands where it was, `undefined` for one that
 * may not leave. Rejects with `execution.obligation-failed`.
 */
export async function releaseObliged(
  { read, oblige }: ReleaseObligedParts,
  call: AuthorizedCall,
  given: readonly JsonValue[],
  plan: SentPlan['errors'],
): Promise<{ readonly values: readonly (JsonValue | undefined)[]; readonly labels: readonly string[] }> {
  const { values, labels } = releaseValues(call, given, plan, read)
  const left = values.filter((value) => value !== undefined)
  const obliged = (await oblige(call, left)).values()
  return { values: values.map((value) => (value === undefined ? undefined : obliged.next().value)), labels }
}
