import { isUtf8 } from 'node:buffer'
import type { JsonValue } from '../json.ts'
import { JsonRejection } from './json-rejection.ts'
import { parsePlainJson } from './parse-plain-json.ts'
import { scanJson } from './scan-json.ts'

/** Bounds on a JSON text. They are checked before anything is built from it. */
export interface JsonLimits {
  readonly maxBytes: number
  /** How many arrays and objects may enclose a value: `[[1]]` is 2 deep. */
  readonly maxDepth: number
  /** How many members and items the text may hold, counted as its commas and opening brackets. @defaultValue bounded by `maxBytes` alone */
  readonly maxMembers?: number | undefined
}

/**
 * Parses bytes that somebody else wrote, strictly: RFC 8259 with the rules of I-JSON (RFC 7493) on encoding and duplicate
 * members. Numbers are read as JSON.parse reads them; `canonicalJson` refuses the ones that lost their value on the way.
 * A member named `__proto__` becomes an ordinary own property; see `hasReservedMember`.
 *
 * Throws JsonRejection. The library parsers that report duplicates bound neither depth nor size, so the scan is ours; values
 * are built by JSON.parse.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): JsonValue {
  // attacker-controlled: `bytes`; nothing is decoded before the size is known.
  if (bytes.byteLength > limits.maxBytes) throw new JsonRejection('too-large')
  return parseJsonText(decode(bytes), limits)
}

/** The same of a text that was decoded already, strictly, and is known to be no longer than it may be. Throws JsonRejection. */
export function parseJsonText(text: string, limits: Omit<JsonLimits, 'maxBytes'>): JsonValue {
  const { maxDepth, maxMembers = Number.POSITIVE_INFINITY } = limits
  const plain = parsePlainJson(text, maxDepth, maxMembers)
  if (plain !== undefined) return plain
  const rejected = scanJson(text, maxDepth, maxMembers)
  if (rejected) throw new JsonRejection(rejected)
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonRejection('malformed')
  }
}

function decode(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // A byte order mark stays visible and is refused, unlike with most decoders.
  const text = buffer.toString('utf8')
  // In the place of what is no UTF-8 the decoder puts U+FFFD: a text without it needs no second look.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new JsonRejection('malformed')
  return text
}
