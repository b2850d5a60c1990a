import { hasReservedMember, isJsonObject, type JsonObject, type JsonValue, parseJson } from '@lockstep/core'
import { decodeBase64url } from './base64url.ts'

/** The header of a JWS as read: nothing in it is proved. */
export interface JoseHeader {
  /** The `typ` in lower case, without `application/` (RFC 7515 section 4.1.9); empty when absent. */
  readonly type: string
  readonly algorithm: string
  readonly header: JsonObject
}

/** A compact JWS as read, before its signature is verified: nothing in it is proved. */
export interface CompactJws extends JoseHeader {
  readonly text: string
  /** The first segment, as it was sent. */
  readonly headerSegment: string
  readonly payload: JsonObject
  /** The bytes that are signed: header and payload with the dot between them. */
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
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
 *
 * `known` may answer for a header segment that this function has read before.
 */
export function readCompactJws(
  text: string,
  known?: (headerSegment: string) => JoseHeader | undefined,
): CompactJws | undefined {
  // attacker-controlled: `text`.
  if (text.length > MAX_LENGTH) return undefined
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first < 0 || second < 0) return undefined
  // A third dot is no character of the last segment.
  const signature = decodeBase64url(text.slice(second + 1))
  const payload = readObject(text.slice(first + 1, second), PAYLOAD_LIMITS)
  if (!payload || !signature?.byteLength) return undefined
  const headerSegment = text.slice(0, first)
  const head = known?.(headerSegment) ?? readHeader(headerSegment)
  if (!head) return undefined
  const { type, algorithm, header } = head
  // ASCII, as far as the second dot.
  const signingInput = Buffer.from(text.slice(0, second), 'latin1')
  return { text, headerSegment, type, algorithm, header, payload, signingInput, signature }
}

function readHeader(segment: string): JoseHeader | undefined {
  const header = readObject(segment, HEADER_LIMITS)
  if (!header || CHANGES_MEANING.some((name) => Object.hasOwn(header, name))) return undefined
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || !isOptionalString(kid) || !isOptionalString(typ)) return undefined
  const type = (typ ?? '').toLowerCase().replace(/^application\//, '')
  return { type, algorithm: alg, header }
}

function readObject(segment: string, limits: typeof HEADER_LIMITS): JsonObject | undefined {
  const bytes = decodeBase64url(segment)
  if (!bytes) return undefined
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
