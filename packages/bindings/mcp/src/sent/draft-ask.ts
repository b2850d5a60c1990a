import type { AuthorizedCall, JsonObject } from '@lockstep/core'
import { type ReleaseOptions, releaseAttachment, type SentPlan } from '@lockstep/execution/egress'
import { type Draft, draftOf } from './draft.ts'
import { draftForm } from './draft-form.ts'
import { draftPage } from './draft-page.ts'
import { draftSampling } from './draft-sampling.ts'
import type { AskMethod } from './read-answer.ts'

/** What asks are drafted by. */
export interface DraftAskParts {
  readonly plan: SentPlan
  readonly call: AuthorizedCall
  readonly read: ReleaseOptions
  /** The id of an elicitation by a page. */
  readonly id: string
}

/** Drafts what a tool asks the client of its call for; undefined where it is not declared that it may. */
export function draftAsk(
  { method, params }: { readonly method: AskMethod; readonly params: JsonObject },
  { plan, call, read, id }: DraftAskParts,
): Draft | undefined {
  if (method === 'roots/list') return plan.roots ? draftOf(undefined, () => ({})) : undefined
  if (method === 'elicitation/create') {
    if (params.mode === 'url') return draftPage(params, plan.page, id)
    return plan.form && draftForm(params, plan.form)
  }
  if (!plan.sampling) return undefined
  const labels = new Set<string>()
  const draft = draftSampling(params, plan.sampling, (block) => {
    const left = releaseAttachment(call, block, plan.sampling, read)
    for (const label of left?.labels ?? []) labels.add(label)
    return left?.block
  })
  return draft && { ...draft, labels }
}
