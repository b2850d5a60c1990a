import type { ActionContext, JsonObject, Value } from '@lockstep/core'
import { visibleMembers } from '../visible-arguments.ts'

/** The context member `history` of a question: what the schema declares of what is told. Nothing where the action declares none of it. */
export function visibleHistory({ history }: ActionContext, told: JsonObject | undefined): { readonly history?: Value } {
  return history && told ? { history: visibleMembers(history, told) } : {}
}
