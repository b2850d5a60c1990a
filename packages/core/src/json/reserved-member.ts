import { isJsonObject, type JsonValue } from '../json.ts'

const RESERVED = new Set(['__proto__', 'constructor', 'prototype', 'toJSON'])

/**
 * Whether a value has, at any depth, a member whose name means something to JavaScript (`__proto__`, `constructor`, `prototype`,
 * `toJSON`). `parseJson` leaves such members as harmless own properties; code that copies objects later may not. The value must be
 * of bounded depth.
 */
export function hasReservedMember(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasReservedMember)
  if (!isJsonObject(value)) return false
  for (const name in value) if (RESERVED.has(name) || hasReservedMember(value[name] ?? null)) return true
  return false
}
