import { isJsonObject, type JsonValue } from '@lockstep/core'

/** The names of the parameters that a JSON Schema declares, at any depth. */
export function declaredNames(schema: JsonValue | undefined, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(schema)) for (const item of schema) declaredNames(item, found)
  else if (isJsonObject(schema)) {
    if (isJsonObject(schema.properties)) for (const name of Object.keys(schema.properties)) found.add(name)
    for (const member of Object.values(schema)) declaredNames(member, found)
  }
  return found
}
