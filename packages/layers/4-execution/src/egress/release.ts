import {
  type AskRead,
  type AuthorizedCall,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ReleasedResult,
} from '@lockstep/core'
import { beginRelease } from './begin-release.ts'
import type { ResultPlan } from './output-plan.ts'
import { releaseAttachment, releaseBlock } from './release-block.ts'
import { releaseError } from './release-error.ts'
import { releaseStructure } from './release-structure.ts'
import { termsOf } from './terms-of.ts'

/** What results are released by. */
export interface ReleaseOptions {
  readonly askRead: AskRead
  /** Whether a guarded client returned this row under this call: `FinalRows.has`. */
  readonly isFinalRow: (call: AuthorizedCall, row: JsonValue) => boolean
  /**
   * What a released text keeps of its block beside the text. Given for results that are texts alone: what is bound is then the JSON in them.
   * @defaultValue nothing
   */
  readonly keep?: ((block: JsonObject, form: 'public' | 'json') => JsonObject) | undefined
}

/** What a structure that nothing binds is released by. */
export const NOTHING = { kind: 'object', members: [] } as const
/** Where a result says that rows that might have left did not, because they were too many. It is told without a count. */
export const MORE_META = 'lockstep/more-withheld'

/**
 * Releases the result of a tool (MCP's `CallToolResult`) by its plan; what is not bound leaves in no form. Text is made again from
 * what was released of `structuredContent`, so that both say the same; images, resources and links leave where the plan releases them.
 *
 * Throws what `askRead` throws: a policy that cannot be asked releases nothing.
 *
 * @param plan without one, all that is told is that the call succeeded
 */
export function release(
  call: AuthorizedCall,
  result: JsonObject,
  plan: ResultPlan | undefined,
  { askRead, isFinalRow, keep }: ReleaseOptions,
): ReleasedResult {
  const terms = termsOf(call.obligations)
  const releasing = beginRelease(call, { askRead, isFinalRow })
  const { withheld } = releasing
  const released = (left: JsonObject): ReleasedResult => ({
    result: withheld.isLimited ? { ...left, _meta: { [MORE_META]: true } } : left,
    withheld: withheld.summary(),
    labels: [...releasing.labels],
  })
  if (result.isError === true) return released(releaseError(result))
  const { text = keep ? 'json' : undefined, ...bound } = plan ?? {}
  const by = { releasing, terms, plan: { ...bound, text }, keep }
  const content = Array.isArray(result.content) ? result.content : []
  const structured = result.structuredContent
  if (isJsonObject(structured)) {
    const left = releaseStructure(releasing, bound.structure ?? NOTHING, structured) ?? { value: {}, text: '{}' }
    return released({
      structuredContent: left.value,
      content: [{ type: 'text', text: left.text }, ...content.flatMap((block) => releaseAttachment(by, block))],
    })
  }
  const left = content.flatMap((block) => releaseBlock(by, block))
  if (left.length < content.length || structured !== undefined) withheld.field('content')
  return released({ content: left })
}
