import { type AuthorizedCall, isJsonObject, type JsonObject, type JsonValue, plainText } from '@lockstep/core'
import { beginRelease, countRowsBefore } from './begin-release.ts'
import { labelsOfAttachment, mayAttach } from './may-attach.ts'
import type { ResultPlan } from './output-plan.ts'
import { parseText } from './parse-text.ts'
import type { ReleaseOptions } from './release.ts'
import { releaseStructure } from './release-structure.ts'
import { termsOf } from './terms-of.ts'

/** What left of the values of one message, in their order; undefined where nothing did. */
export interface ReleasedValues {
  readonly values: readonly (JsonValue | undefined)[]
  /** Raised before they leave. */
  readonly labels: readonly string[]
}

/**
 * Releases values of a message that a tool sends beside its result. A text is released as the plan releases texts, or, where it is JSON from end to end,
 * like the value that it holds. Rows count towards the limit of the call.
 *
 * Throws what `askRead` throws.
 *
 * @param plan without one nothing leaves
 */
export function releaseValues(
  call: AuthorizedCall,
  values: readonly JsonValue[],
  plan: ResultPlan | undefined,
  options: ReleaseOptions,
): ReleasedValues {
  const { structure, text } = plan ?? {}
  const releasing = beginRelease(call, options)
  const { rows } = releasing
  const releaseOne = (value: JsonValue): JsonValue | undefined => {
    if (typeof value === 'string' && text === 'public') return plainText(value)
    if (!structure) return undefined
    if (typeof value !== 'string' || structure.kind === 'public') {
      return releaseStructure(releasing, structure, value)?.value
    }
    const held = parseText(value)
    return held === undefined ? undefined : releaseStructure(releasing, structure, held)?.text
  }
  const left = values.map(releaseOne)
  countRowsBefore(call, rows - releasing.rows)
  return { values: left, labels: [...releasing.labels] }
}

/** Releases an image or a sound of a message, where the plan releases attachments and no obligation of the call keeps it. */
export function releaseAttachment(
  call: AuthorizedCall,
  block: JsonObject,
  plan: ResultPlan | undefined,
  options: ReleaseOptions,
): { readonly block: JsonObject; readonly labels: readonly string[] } | undefined {
  if (plan?.attachments !== 'public' || !mayAttach(block, termsOf(call.obligations))) return undefined
  const labels = labelsOfAttachment(block) ?? []
  const whole = { kind: 'public', fits: () => true, labels } as const
  const left = releaseStructure(beginRelease(call, options), whole, block)
  return left && isJsonObject(left.value) ? { block: left.value, labels } : undefined
}
