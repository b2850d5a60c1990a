import {
  type AskRead,
  type AuthorizedCall,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  plainText,
  type ReleasedResult,
} from '@lockstep/core'
import { beginRelease } from './begin-release.ts'
import { labelsOfAttachment, mayAttach } from './may-attach.ts'
import type { ResultPlan } from './output-plan.ts'
import { parseText } from './parse-text.ts'
import { releaseError } from './release-error.ts'
import { type Releasing, releaseStructure } from './release-structure.ts'
import { type ObligationTerms, termsOf } from './terms-of.ts'

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

/** Where a result says that rows that might have left did not, because they were too many. It is told without a count. */
const MORE_META = 'lockstep/more-withheld'

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
  const { structure, text = keep ? 'json' : undefined, attachments } = plan ?? {}
  const content = Array.isArray(result.content) ? result.content : []
  const releaseAttachment = (block: JsonValue) =>
    attachments === 'public' ? publicAttachment(block, releasing, terms) : []
  const structured = result.structuredContent
  if (isJsonObject(structured)) {
    const nothing = { kind: 'object', members: [] } as const
    const { value, text } = releaseStructure(releasing, structure ?? nothing, structured) ?? { value: {}, text: '{}' }
    return released({
      structuredContent: value,
      content: [{ type: 'text', text }, ...content.flatMap(releaseAttachment)],
    })
  }
  const releaseText = (block: JsonValue): JsonObject[] => {
    const written = textOf(block)
    if (written === undefined || text === undefined || !isJsonObject(block)) return []
    if (text === 'public') return [{ ...keep?.(block, 'public'), type: 'text', text: plainText(written) }]
    const value = parseText(written)
    const left = value === undefined || !structure ? undefined : releaseStructure(releasing, structure, value)
    return left === undefined ? [] : [{ ...keep?.(block, 'json'), type: 'text', text: left.text }]
  }
  const left = content.flatMap((block) => (textOf(block) === undefined ? releaseAttachment(block) : releaseText(block)))
  if (left.length < content.length || structured !== undefined) withheld.field('content')
  return released({ content: left })
}

function textOf(block: JsonValue): string | undefined {
  return isJsonObject(block) && block.type === 'text' && typeof block.text === 'string' ? block.text : undefined
}

function publicAttachment(block: JsonValue, releasing: Releasing, terms: ObligationTerms): JsonObject[] {
  if (!isJsonObject(block) || !mayAttach(block, terms)) return []
  const plan = { kind: 'public', fits: () => true, labels: labelsOfAttachment(block) ?? [] } as const
  const { value } = releaseStructure(releasing, plan, block) ?? {}
  return isJsonObject(value) ? [value] : []
}
