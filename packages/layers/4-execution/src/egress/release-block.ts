import { isJsonObject, type JsonObject, type JsonValue, plainText } from '@lockstep/core'
import { labelsOfAttachment, mayAttach } from './may-attach.ts'
import type { ResultPlan } from './output-plan.ts'
import { parseText } from './parse-text.ts'
import { type Releasing, releaseStructure } from './release-structure.ts'
import type { ObligationTerms } from './terms-of.ts'

/** What the blocks of one result are released by. */
export interface BlockRelease {
  readonly releasing: Releasing
  readonly terms: ObligationTerms
  readonly plan: ResultPlan
  /** What a released text keeps of its block. @defaultValue nothing */
  readonly keep?: ((block: JsonObject, form: 'public' | 'json') => JsonObject) | undefined
}

/** Releases a content block of a result without `structuredContent`; none or one. */
export function releaseBlock(by: BlockRelease, block: JsonValue): readonly JsonObject[] {
  const { text, structure } = by.plan
  const written = textOf(block)
  if (written === undefined) return releaseAttachment(by, block)
  if (text === undefined || !isJsonObject(block)) return []
  if (text === 'public') return [{ ...by.keep?.(block, 'public'), type: 'text', text: plainText(written) }]
  const value = parseText(written)
  const left = value === undefined || !structure ? undefined : releaseStructure(by.releasing, structure, value)
  return left === undefined ? [] : [{ ...by.keep?.(block, 'json'), type: 'text', text: left.text }]
}

/** Releases an image, a sound, a resource or a link, where the plan and the obligations let such leave. */
export function releaseAttachment({ releasing, terms, plan }: BlockRelease, block: JsonValue): readonly JsonObject[] {
  if (plan.attachments !== 'public' || !isJsonObject(block) || !mayAttach(block, terms)) return []
  const asIs = { kind: 'public', fits: () => true, labels: labelsOfAttachment(block) ?? [] } as const
  const { value } = releaseStructure(releasing, asIs, block) ?? {}
  return isJsonObject(value) ? [value] : []
}

function textOf(block: JsonValue): string | undefined {
  return isJsonObject(block) && block.type === 'text' && typeof block.text === 'string' ? block.text : undefined
}
