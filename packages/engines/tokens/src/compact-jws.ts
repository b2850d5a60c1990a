import { hasReservedMember, isJsonObject, type JsonObject, type JsonValue, parseJson } from '@lockstep/core'
import { decodeBase64url } from './base64url.ts'

/** A compact JWS as read, before its signature is verified: nothing in it is proved. */
export interface CompactJws {
  /** The `typ` in lower case, without `application/` (RFC 7515 section 4.1.9); empty when absent. */
  readonly type: string
  readonly algorithm: string
  readonly header: JsonObject
  readonly payload: JsonObject
}

const MAX_LENGTH = 16_384
const HEADER_LIMITS = { maxBytes: 4_096, maxDepth: 8, maxMembers: 64 }
const PAYLOAD_LIMITS = { maxBytes: 12_288, maxDepth: 16, maxMembers: 1_024 }
/** Header members that change how the rest must be read; none of them is supported. */
const CHANGES_MEANING = ['crit', 'b64', 'zip', 'enc']

/**
 * Reads a compact JWS (RFC 7515 section 7.1) strictly: three canonical base64url segments, bounded in size and depth; header and
 * payload are JSON objects without duplicate or reserved members; no header member that changes the meaning of the others.
 * Resolves to undefined for anything else. No library reads a JWS this strictly: all take the last of two members and altered bits.
 */
export function readCompactJws(text: string): CompactJws | undefined {
  // attacker-controlled: `text`.
  if (text.length > MAX_LENGTH) return undefined
  const segments = text.split('.', 4)
  if (segments.length !== 3) return undefined
  const [header, payload, signature] = segments.map(decodeBase64url)
  if (!header || !payload || !signature?.byteLength) return undefined
  const head = readObject(header, HEADER_LIMITS)
  const body = readObject(payload, PAYLOAD_LIMITS)
  if (!head || !body) return undefined
  if (CHANGES_MEANING.some((name) => Object.hasOwn(head, name))) return undefined
  if (typeof head.alg !== 'string' || !isOptionalString(head.kid) || !isOptionalString(head.typ)) return undefined
  const type = (head.typ ?? '').toLowerCase().replace(/^application\//, '')
  return { type, algorithm: head.alg, header: head, payload: body }
}

function readObject(bytes: Uint8Array, limits: typeof HEADER_LIMITS): JsonObject | undefined {
  try {
    const value = parseJson(bytes, limits)
    return isJsonObject(value) && !hasReservedMember(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isOptionalString(value: JsonValue | undefined): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
