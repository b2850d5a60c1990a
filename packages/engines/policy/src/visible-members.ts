import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import type { VisibleMembers, VisibleShape } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'

const WHOLE: VisibleShape = { whole: true }

/** Reads what a record type lets policies look at. The depth is that of the schema's text, which is bounded. */
export function visibleMembers(
  schema: Schema,
  record: Extract<Type<string>, { readonly type: 'Record' }>,
): VisibleMembers {
  return new Map(
    Object.entries(record.attributes).map(([name, type]) => [
      name,
      { required: type.required !== false, shape: visibleShape(schema, type) },
    ]),
  )
}

function visibleShape(schema: Schema, type: Type<string>): VisibleShape {
  const resolved = resolve(schema, type)
  if (!resolved) return WHOLE
  if (isRecord(resolved)) return { members: visibleMembers(schema, resolved) }
  if (resolved.type !== 'Set' || !('element' in resolved)) return WHOLE
  const each = visibleShape(schema, resolved.element as Type<string>)
  return 'whole' in each ? WHOLE : { each }
}
