import type { JsonValue } from '../json.ts'

const [OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY, COMMA, COLON] = [0x7b, 0x5b, 0x7d, 0x5d, 0x2c, 0x3a]
const QUOTE = 0x22

/**
 * Parses a JSON text without escapes, which is what nearly everybody sends, in a fraction of the time that looking at every name takes. Undefined
 * for a text with escapes and for one that is no JSON, beyond the bounds, or has a member twice: `scanJson` then says which.
 *
 * INVARIANT: JSON.parse keeps one of two members of the same name, so no value has as many members as its text has unless all names differ.
 */
export function parsePlainJson(text: string, maxDepth: number, maxMembers: number): JsonValue | undefined {
  const written = countWritten(text, maxDepth, maxMembers)
  if (written === undefined) return undefined
  try {
    const value: JsonValue = JSON.parse(text)
    return countKept(value) === written ? value : undefined
  } catch {
    return undefined
  }
}

/** How many members a JSON text without escapes has: its colons outside of strings. Undefined with an escape, and beyond the bounds. */
function countWritten(text: string, maxDepth: number, maxMembers: number): number | undefined {
  if (text.includes('\\')) return undefined
  let written = 0
  let depth = 0
  let members = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = text.indexOf('"', at + 1)
        if (at < 0) return undefined
        break
      case COLON:
        written += 1
        break
      case COMMA:
        if (++members > maxMembers) return undefined
        break
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (++members > maxMembers || ++depth > maxDepth) return undefined
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth -= 1
        break
    }
  }
  return written
}

/** How many members a value of bounded depth has, at any depth. */
function countKept(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let kept = 0
  for (const member of Object.values(value)) kept += 1 + countKept(member)
  return Array.isArray(value) ? kept - value.length : kept
}
