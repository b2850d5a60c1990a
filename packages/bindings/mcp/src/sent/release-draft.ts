import type { AuthorizedCall, JsonObject, JsonValue } from '@lockstep/core'
import { type ReleaseOptions, releaseValues } from '@lockstep/execution/egress'
import type { ObligeValues } from '../obligations/oblige-values.ts'
import type { Draft } from './draft.ts'

/** What drafts are released with. */
export interface ReleaseDraftParts {
  readonly read: ReleaseOptions
  readonly oblige: ObligeValues
  /** Raises a caller's labels, durably. */
  readonly raise: (call: AuthorizedCall, labels: readonly string[]) => Promise<void>
}

/**
 * Releases a draft: its values by their plan, then the obligations of the call on those that are left, then the message that is made of them. Labels are
 * raised before it is answered. Undefined where too little is left; rejects where a port fails.
 */
export async function releaseDraft(
  { read, oblige, raise }: ReleaseDraftParts,
  call: AuthorizedCall,
  draft: Draft,
): Promise<JsonObject | undefined> {
  const { values, labels } = releaseValues(call, draft.values, draft.plan, read)
  const left = values.filter((value) => value !== undefined)
  const obliged = await oblige(call, left)
  let at = 0
  const placed = values.map((value): JsonValue | undefined => {
    if (value === undefined) return undefined
    at += 1
    return obliged[at - 1]
  })
  const made = draft.build(placed)
  if (made) await raise(call, [...new Set([...labels, ...(draft.labels ?? [])])])
  return made
}
