import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { ObligationTerms } from './terms-of.ts'

/** Kinds of content blocks that are attachments (MCP's `ContentBlock`). */
const ATTACHMENT_KINDS: readonly string[] = ['image', 'audio', 'resource', 'resource_link']
/** Where a handler says which labels an attachment carries. */
const LABELS_META = 'lockstep/labels'

type AttachmentTerms = Pick<ObligationTerms, 'attachments' | 'attachmentBytes' | 'attachmentLabels'>

/** Whether an attachment leaves. One whose size is not known is larger than any bound. */
export function mayAttach(block: JsonObject, terms: AttachmentTerms): boolean {
  const { attachments, attachmentBytes, attachmentLabels } = terms
  const kind = String(block.type)
  if (!ATTACHMENT_KINDS.includes(kind) || attachments.includes('all') || attachments.includes(kind)) return false
  if (attachmentBytes !== undefined && !(sizeOf(block) <= attachmentBytes)) return false
  if (attachmentLabels.length === 0) return true
  const labels = labelsOfAttachment(block)
  return labels !== undefined && !labels.some((label) => attachmentLabels.includes(label))
}

/** The labels of an attachment; `undefined` when what stands in their place is no list of names. */
export function labelsOfAttachment({ _meta: meta }: JsonObject): readonly string[] | undefined {
  const labels = isJsonObject(meta) ? meta[LABELS_META] : undefined
  if (labels === undefined) return []
  return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : undefined
}

/** Bytes of what an attachment holds, or says of itself; not a number where nobody knows. */
function sizeOf({ type, data, resource, size }: JsonObject): number {
  if (type === 'resource_link') return typeof size === 'number' && size >= 0 ? size : Number.NaN
  if (type !== 'resource') return decodedLength(data)
  if (!isJsonObject(resource)) return Number.NaN
  return typeof resource.text === 'string' ? Buffer.byteLength(resource.text) : decodedLength(resource.blob)
}

function decodedLength(base64: JsonValue | undefined): number {
  return typeof base64 === 'string' ? Math.floor((base64.length * 3) / 4) : Number.NaN
}
