import type { JsonObject, JsonValue } from '@lockstep/core'
import type { Gap } from './gap.ts'
import type { JsonShape } from './json-shape.ts'
import { pointerTo } from './local-reference.ts'

const MOST_TOLD = 8

/** The shape that `enum` and `const` list values of; `undefined` for a schema without them. */
export function valueShape(schema: JsonObject, pointer: string, tell: (gap: Gap) => void): JsonShape | undefined {
  const keyword = Object.hasOwn(schema, 'const') ? 'const' : 'enum'
  if (!Object.hasOwn(schema, keyword)) return undefined
  const listed: JsonValue = keyword === 'const' ? [schema.const ?? null] : (schema.enum ?? null)
  const about = { nullable: false, filled: false, notes: [], pointer }
  const unmapped = (says: string): JsonShape => {
    tell({ pointer: pointerTo(pointer, keyword), says })
    return { ...about, is: { kind: 'unmapped' }, notes: [says] }
  }
  if (!Array.isArray(listed)) return unmapped('lists no values')
  const values = listed.filter((value: JsonValue) => value !== null)
  const nullable = values.length < listed.length
  const [kind, ...others] = new Set(values.map(kindOf))
  if (kind === undefined && nullable) return { ...about, is: { kind: 'null' }, nullable }
  if (kind === undefined || kind === 'other' || others.length > 0) return unmapped('lists values of no one type')
  const told = values.slice(0, MOST_TOLD).map((value: JsonValue) => JSON.stringify(value))
  const more = values.length > MOST_TOLD ? ` and ${values.length - MOST_TOLD} more` : ''
  return { ...about, is: { kind }, nullable, notes: [`one of ${told.join(', ')}${more}`] }
}

function kindOf(value: JsonValue): 'String' | 'Long' | 'Bool' | 'other' {
  if (typeof value === 'string') return 'String'
  if (typeof value === 'boolean') return 'Bool'
  return typeof value === 'number' && Number.isSafeInteger(value) ? 'Long' : 'other'
}
