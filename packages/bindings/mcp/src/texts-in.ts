import { isJsonObject, type JsonValue } from '@lockstep/core'

/** Shorter ones tell nothing, and stand in every sentence. */
const SHORTEST = 3

/** Every text in a value that a message could quote: keys, strings and numbers. */
export function textsIn(value: JsonValue, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string' && value.length >= SHORTEST) found.add(value)
  else if (typeof value === 'number' && String(value).length >= SHORTEST) found.add(String(value))
  else if (Array.isArray(value)) for (const item of value) textsIn(item, found)
  else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      textsIn(key, found)
      textsIn(member, found)
    }
  }
  return found
}
