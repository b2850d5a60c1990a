import type { EntityFact, EntityTable, JsonObject, JsonValue, Value } from '@lockstep/core'

/**
 * The record that an entity was loaded from, as far as its attributes and parents tell: what `read` is asked of. A column that no attribute holds is not
 * in it; one that says whether a label is carried is then taken to say so.
 *
 * @param table with a key
 */
export function storedRecord(table: EntityTable, key: string, fact: EntityFact): JsonObject {
  const record: Record<string, JsonValue> = {}
  for (const { column } of Object.values(table.labels ?? {})) record[column] = true
  for (const [type, { column }] of Object.entries(table.parents ?? {})) {
    record[column] = fact.parents.find((parent) => parent.type === type)?.id ?? null
  }
  for (const [name, { attribute }] of Object.entries(table.columns)) {
    if (attribute === undefined) continue
    const value = Object.hasOwn(fact.attributes, attribute) ? fact.attributes[attribute] : undefined
    record[name] = value === undefined ? null : cellOf(value)
  }
  return { ...record, [key]: fact.id }
}

/** What a column holds that such an attribute was read from. */
function cellOf(value: Value): JsonValue {
  if (typeof value !== 'object') return value
  if ('entity' in value) return value.entity.id
  if ('extension' in value) return value.extension.text
  if ('set' in value) return value.set.map(cellOf)
  return null
}
