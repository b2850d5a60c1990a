import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import type { Value } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'

/**
 * The value of a type that says least: empty, zero, false, and a record without its optional members. It stands for what is
 * unknown while the rest of a question is checked, and for what is not known about somebody hypothetical.
 *
 * @returns `undefined` for a type that has no such value
 */
export function someValue(schema: Schema, type: Type<string>): Value | undefined {
  const resolved = resolve(schema, type)
  if (!resolved) return undefined
  if (isRecord(resolved)) {
    const fields = Object.entries(resolved.attributes)
      .filter(([, field]) => field.required !== false)
      .map(([name, field]) => [name, someValue(schema, field)] as const)
    if (fields.some(([, value]) => value === undefined)) return undefined
    return {
      record: Object.fromEntries(fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    }
  }
  switch (resolved.type) {
    case 'String':
      return ''
    case 'Long':
      return 0
    case 'Boolean':
    case 'Bool':
      return false
    case 'Set':
      return { set: [] }
    case 'decimal':
      return { extension: { type: 'decimal', text: '0.0' } }
    case 'ipaddr':
      return { extension: { type: 'ipaddr', text: '::' } }
    case 'datetime':
      return { extension: { type: 'datetime', text: '1970-01-01' } }
    case 'duration':
      return { extension: { type: 'duration', text: '0ms' } }
    case 'Entity':
      return 'name' in resolved && typeof resolved.name === 'string'
        ? { entity: { type: resolved.name, id: '' } }
        : undefined
    default:
      return undefined
  }
}
