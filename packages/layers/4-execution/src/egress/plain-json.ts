import { isJsonObject, type JsonValue, plainText } from '@lockstep/core'

/** A JSON value whose texts and names are free of terminal escapes, bidirectional overrides and other hidden characters. */
export function plainJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return plainText(value)
  if (isJsonObject(value)) {
    // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [plainText(name), plainJson(member)]))
  }
  return Array.isArray(value) ? value.map(plainJson) : value
}
