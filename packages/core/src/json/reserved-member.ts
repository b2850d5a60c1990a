import { isJsonObject, type JsonValue } from '../json.ts'

const RESERVED = new Set([
  ...['__proto__', 'constructor', 'prototype', 'toJSON'],
  // In Cedar's JSON form a record with one of these is an entity, an extension value or an expression.
  ...['__entity', '__extn', '__expr'],
])

/**
 * Whether a value has, at any depth, a member whose name means something to JavaScript (`__proto__`, `constructor`, `prototype`,
 * `toJSON`) or to the policy engine (`__entity`, `__extn`, `__expr`), whether or not any policy looks at it. `parseJson` leaves such members as harmless own properties; code that copies objects later may not. The value must be
 * of bounded depth.
 */
export function hasReservedMember(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasReservedMember)
  if (!isJsonObject(value)) return false
  for (const name in value) if (RESERVED.has(name) || hasReservedMember(value[name] ?? null)) return true
  return false
}
