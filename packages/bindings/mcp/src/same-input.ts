import { digest, isJsonObject, type JsonObject, JsonRejection, type JsonValue } from '@lockstep/core'

/** Members of a schema that say nothing of what is accepted. */
const BESIDE = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples', 'deprecated'])
/** Members that hold schemas by names of somebody's choice. */
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
/** Members that hold values and no schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'required'])

/** Whether two JSON Schemas of a tool's input accept the same, as far as their texts show: descriptions and order do not count. */
export function sameInput(a: JsonValue, b: JsonValue): boolean {
  try {
    return digest(root(a)) === digest(root(b))
  } catch (error) {
    if (error instanceof JsonRejection) return false
    throw error
  }
}

/** The SDKs write what every input is, and nothing at all for a tool without arguments. */
function root(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema
  const { type = 'object', properties = {}, ...rest } = bare(schema)
  return { type, properties, ...rest }
}

function bare(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([name]) => !BESIDE.has(name))
  return Object.fromEntries(
    kept.map(([name, value]) => {
      if (BY_NAME.has(name) && isJsonObject(value)) return [name, mapped(value)]
      if (name === 'required' && Array.isArray(value)) return [name, [...value].sort()]
      return [name, VALUES.has(name) ? value : inner(value)]
    }),
  )
}

function mapped(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, inner(schema)]))
}

function inner(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(inner)
  return isJsonObject(value) ? bare(value) : value
}
