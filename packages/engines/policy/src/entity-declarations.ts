import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import type { AttributeType, EntityDeclaration, EntityDeclarations, ExtensionType } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'
import type { SchemaRules } from './schema-rules.ts'

const EXTENSIONS: readonly string[] = ['decimal', 'ipaddr', 'datetime', 'duration'] satisfies ExtensionType[]

/**
 * Reads what a schema declares of its entities, for whoever supplies them.
 *
 * @param schema as `schemaToJsonWithResolvedTypes` gives it
 * @param rules the same schema, compiled
 */
export function entityDeclarations(schema: Schema, rules: SchemaRules): EntityDeclarations {
  const declared = new Map<string, EntityDeclaration>()
  for (const [namespace, { entityTypes }] of Object.entries(schema)) {
    for (const [local, entity] of Object.entries(entityTypes)) {
      const name = namespace === '' ? local : `${namespace}::${local}`
      const shape = 'shape' in entity && entity.shape ? resolve(schema, entity.shape) : undefined
      const attributes = Object.entries(shape && isRecord(shape) ? shape.attributes : {}).map(
        ([attribute, type]) =>
          [attribute, { type: attributeType(schema, type), required: type.required !== false }] as const,
      )
      declared.set(name, { attributes: new Map(attributes), above: rules.entities.get(name)?.above ?? new Set() })
    }
  }
  return declared
}

/** The schema was compiled, so its types are those that there are. */
function attributeType(schema: Schema, type: Type<string>): AttributeType {
  const resolved = resolve(schema, type) ?? type
  if ('element' in resolved && isType(resolved.element)) {
    return { is: 'set', of: attributeType(schema, resolved.element) }
  }
  const name = resolved.type === 'Extension' && 'name' in resolved ? String(resolved.name) : resolved.type
  if (EXTENSIONS.includes(name)) return { is: 'extension', type: name as ExtensionType }
  if (resolved.type === 'Entity' && 'name' in resolved) return { is: 'entity', entity: String(resolved.name) }
  if (name === 'Boolean' || name === 'Bool') return { is: 'boolean' }
  if (name === 'Long') return { is: 'long' }
  return name === 'String' ? { is: 'string' } : { is: 'record' }
}

function isType(value: unknown): value is Type<string> {
  return typeof value === 'object' && value !== null && 'type' in value
}
