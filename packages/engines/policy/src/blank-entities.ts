import type { Value } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'
import { someValue } from './some-value.ts'

/** The attributes that an entity of one type must have, each with the value that says least. */
export type BlankAttributes = Readonly<Record<string, Value>>

/**
 * Reads what a schema demands of each entity type. A type that demands an attribute without a neutral value is
 * left out: nothing can be assumed about its entities.
 *
 * @param schema as `schemaToJsonWithResolvedTypes` gives it
 * @returns by entity type, with its namespace
 */
export function blankEntities(schema: Schema): ReadonlyMap<string, BlankAttributes> {
  const blanks = new Map<string, BlankAttributes>()
  for (const [namespace, definition] of Object.entries(schema)) {
    for (const [name, entity] of Object.entries(definition.entityTypes)) {
      const shape = 'shape' in entity && entity.shape ? resolve(schema, entity.shape) : undefined
      const attributes = shape ? blankRecord(schema, shape) : {}
      if (attributes) blanks.set(namespace === '' ? name : `${namespace}::${name}`, attributes)
    }
  }
  return blanks
}

function blankRecord(schema: Schema, shape: NonNullable<ReturnType<typeof resolve>>): BlankAttributes | undefined {
  const value = isRecord(shape) ? someValue(schema, shape) : undefined
  return typeof value === 'object' && 'record' in value ? value.record : undefined
}
