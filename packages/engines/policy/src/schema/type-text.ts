import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import { isRecord, resolve, type Schema } from '../resolve-type.ts'

/** A type of a parsed schema on one line, with its names resolved and its members sorted: two types are one if their texts are. */
export function typeText(schema: Schema, type: Type<string>): string {
  const resolved = resolve(schema, type)
  if (!resolved) return type.type
  if (isRecord(resolved)) {
    const members = Object.entries(resolved.attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${name}${member.required === false ? '?' : ''}: ${typeText(schema, member)}`)
    return `{ ${members.join(', ')} }`
  }
  if (resolved.type === 'Set' && 'element' in resolved)
    return `Set<${typeText(schema, resolved.element as Type<string>)}>`
  if ('name' in resolved) return String(resolved.name)
  return resolved.type === 'Boolean' ? 'Bool' : resolved.type
}
