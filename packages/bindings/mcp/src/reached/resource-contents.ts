import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { type Carrier, UNRELEASED } from './carrier.ts'

/** RFC 6838 section 4.2, with parameters of plain words. */
const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.+-]{1,64}){0,4}$/

/**
 * Carries the contents of `resources/read`: a text as a text, anything else as an embedded resource. INVARIANT: only contents of the URI that was
 * decided on are released, whatever else its handler answers with.
 */
export function resourceContents(uri: string): Carrier {
  const opened = (item: JsonValue): JsonObject => {
    if (!isJsonObject(item) || item.uri !== uri) return UNRELEASED
    const { text, blob, mimeType, _meta: meta } = item
    const about = mediaType(mimeType)
    if (typeof text === 'string' && blob === undefined) return { type: 'text', text, ...about }
    if (typeof blob !== 'string' || text !== undefined) return UNRELEASED
    return { type: 'resource', resource: { uri, ...about, blob }, ...(isJsonObject(meta) ? { _meta: meta } : {}) }
  }
  const closed = (block: JsonValue): JsonObject[] => {
    if (!isJsonObject(block)) return []
    if (block.type === 'text') return [{ uri, ...mediaType(block.mimeType), text: block.text ?? '' }]
    const { resource } = block
    return isJsonObject(resource) ? [{ uri, ...mediaType(resource.mimeType), blob: resource.blob ?? '' }] : []
  }
  return {
    open: ({ contents }) => ({ content: Array.isArray(contents) ? contents.map(opened) : [UNRELEASED] }),
    keep: ({ mimeType }, form) => (form === 'json' ? { mimeType: 'application/json' } : mediaType(mimeType)),
    close: ({ content, ...rest }) => ({ ...rest, contents: Array.isArray(content) ? content.flatMap(closed) : [] }),
  }
}

function mediaType(given: JsonValue | undefined): JsonObject {
  return typeof given === 'string' && MEDIA_TYPE.test(given) ? { mimeType: given } : {}
}
