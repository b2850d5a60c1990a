import type { AuthorizedCall, JsonObject } from '@lockstep/core'
import type { Draft } from './draft.ts'
import { type ReleaseObligedParts, releaseObliged } from './release-obliged.ts'

/** What drafts are released with. */
export interface ReleaseDraftParts extends ReleaseObligedParts {
  /** Raises a caller's labels, durably. */
  readonly raise: (call: AuthorizedCall, labels: readonly string[]) => Promise<void>
}

/**
 * Releases a draft: its values by their plan, then the obligations of the call on those that are left, then the message that is made of them. Labels are
 * raised before it is answered. Undefined where too little is left; rejects where a port fails.
 */
export async function releaseDraft(
  parts: ReleaseDraftParts,
  call: AuthorizedCall,
  draft: Draft,
): Promise<JsonObject | undefined> {
  const { values, labels } = await releaseObliged(parts, call, draft.values, draft.plan)
  const made = draft.build(values)
  if (made) await parts.raise(call, [...new Set([...labels, ...(draft.labels ?? [])])])
  return made
}
