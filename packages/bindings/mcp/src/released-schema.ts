import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'

/** Keywords that hold of what is released as well. Whatever else a schema demands, a withheld or masked field may not meet. */
const KEPT = new Set(['$schema', '$id', 'title', 'description', 'deprecated', '$ref'])
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions'])
const ALTERNATIVES = new Set(['anyOf', 'oneOf'])
/** What stands in the place of a field that is masked, or withheld where null is allowed. */
const MASKED = { type: ['string', 'null'] }
const DEEPEST = 64

/**
 * The schema of what is released, from the schema of what a tool returns: any field may be absent, masked ones are texts or null, and lists may
 * be shorter. Bindings are nobody's business and are left out.
 */
export function releasedSchema(schema: JsonObject): JsonObject {
  const { type: _, ...relaxed } = relax(schema, 0)
  return { type: 'object', ...relaxed }
}

function relax(schema: JsonObject, depth: number): JsonObject {
  if (depth > DEEPEST) return {}
  const inner = (value: JsonValue): JsonValue => (isJsonObject(value) ? relaxField(value, depth + 1) : value)
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]): [string, JsonValue][] => {
      if (KEPT.has(keyword) || keyword === 'type') return [[keyword, value]]
      if (BY_NAME.has(keyword) && isJsonObject(value)) {
        return [[keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]))]]
      }
      // An element that fits one of several before may fit two of them after.
      if (ALTERNATIVES.has(keyword) && Array.isArray(value)) return [['anyOf', value.map(inner)]]
      if (keyword === 'items' || keyword === 'additionalProperties') return [[keyword, inner(value)]]
      return []
    }),
  )
}

function relaxField(schema: JsonObject, depth: number): JsonObject {
  const relaxed = relax(schema, depth)
  // INVARIANT: nothing is moved, so that what a `$ref` points to is where it was.
  const { type, anyOf } = relaxed
  return {
    ...relaxed,
    ...(type === undefined ? {} : { type: [...new Set([type, ...MASKED.type].flat())] }),
    ...(Array.isArray(anyOf) ? { anyOf: [...anyOf, MASKED] } : {}),
  }
}
