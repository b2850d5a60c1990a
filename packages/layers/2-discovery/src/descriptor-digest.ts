import { digest, isJsonObject, JsonRejection, type JsonValue } from '@lockstep/core'
import type { ToolDescriptor } from './tool-descriptor.ts'

/**
 * The base64url SHA-256 of a descriptor in canonical form (RFC 8785); undefined for one that has none (a lone surrogate, nested beyond
 * bounds). Integers that canonical JSON refuses, as the bounds of 64-bit schemas, count by the text of the number that was read.
 */
export function descriptorDigest(descriptor: ToolDescriptor): string | undefined {
  try {
    return digest(withTextForUnsafe(descriptor, 0))
  } catch (error) {
    if (error instanceof JsonRejection) return undefined
    throw error
  }
}

// attacker-controlled: descriptors come from servers. Deeper than this nothing is digested, so nothing is followed.
const MOST_DEPTH = 512

function withTextForUnsafe(value: JsonValue, depth: number): JsonValue {
  if (depth > MOST_DEPTH) throw new JsonRejection('too-deep')
  if (typeof value === 'number')
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? { number: `${value}` } : value
  if (Array.isArray(value)) return value.map((item) => withTextForUnsafe(item, depth + 1))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTextForUnsafe(item, depth + 1)]))
}
