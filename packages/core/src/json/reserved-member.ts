import type { JsonValue } from '../json.ts'

const RESERVED = new Set(['__proto__', 'constructor', 'prototype', 'toJSON'])

/**
 * Whether a value has, at any depth, a member whose name means something to JavaScript (`__proto__`, `constructor`, `prototype`,
 * `toJSON`). `parseJson` leaves such members as harmless own properties; code that copies objects later may not. The value must be
 * of bounded depth.
 */
export function hasReservedMember(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasReservedMember)
  for (const [name, member] of Object.entries(value)) {
    if (RESERVED.has(name) || hasReservedMember(member)) return true
  }
  return false
}
