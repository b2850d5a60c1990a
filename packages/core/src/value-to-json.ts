import type { Value } from './entity.ts'
import type { JsonObject, JsonValue } from './json.ts'

/**
 * A policy value as JSON, for digests and records: an entity becomes `{ type, id }`, an extension value `{ type, text }`, a set an
 * array.
 */
export function valueToJson(value: { readonly record: Readonly<Record<string, Value>> }): JsonObject
export function valueToJson(value: Value): JsonValue
export function valueToJson(value: Value): JsonValue {
  if (typeof value !== 'object') return value
  if ('entity' in value) return { type: value.entity.type, id: value.entity.id }
  if ('extension' in value) return { type: value.extension.type, text: value.extension.text }
  if ('set' in value) return value.set.map((item) => valueToJson(item))
  return Object.fromEntries(Object.entries(value.record).map(([name, item]) => [name, valueToJson(item)]))
}
