/** Keywords of JSON Schema that the mapping reads. */
export const READ_KEYWORDS: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'default', 'format'],
  ...['properties', 'required', 'additionalProperties', 'items', 'prefixItems'],
  ...['$ref', 'allOf', 'anyOf', 'oneOf'],
])

/** Keywords that say nothing of the type: descriptions, and bounds that only take values away. Types in Cedar have no bounds. */
const BESIDE_TYPES: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$comment', '$defs', 'definitions', 'title', 'description', 'examples', 'deprecated'],
  ...['readOnly', 'writeOnly', 'contentEncoding', 'contentMediaType', 'contentSchema'],
  ...['minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minItems', 'maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains'],
  ...['minProperties', 'maxProperties', 'propertyNames', 'dependentRequired'],
])

/**
 * Whether a keyword may stay unsaid. An extension (`x-...`) annotates; `false` for `unevaluatedProperties` and its like closes what is closed
 * for policies in any case.
 */
export function isBesideTypes(keyword: string, value: unknown): boolean {
  if (BESIDE_TYPES.has(keyword) || keyword.startsWith('x-')) return true
  return value === false && ['unevaluatedProperties', 'unevaluatedItems'].includes(keyword)
}

/** What those of JSON Schema that describe objects or arrays make of a schema without `type`. */
export const OBJECT_KEYWORDS = ['properties', 'required', 'additionalProperties', 'patternProperties']
export const ARRAY_KEYWORDS = ['items', 'prefixItems']
