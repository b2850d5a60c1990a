import type { SchemaJson, Type } from '@cedar-policy/cedar-wasm/nodejs'

/** A schema in Cedar's JSON form. */
export type Schema = SchemaJson<string>

/** Follows names of common types; `undefined` when one leads nowhere. */
export function resolve(schema: Schema, type: Type<string>): Type<string> | undefined {
  let current = type
  // Cedar refuses cycles of common types; the bound only keeps a surprise finite.
  for (let step = 0; step < 32; step += 1) {
    const found = lookUp(schema, current.type)
    // `__cedar::Long` is what `Long` means where a type of the schema's own hides the name.
    if (!found) return current.type.startsWith('__cedar::') ? { ...current, type: current.type.slice(9) } : current
    current = found
  }
  return undefined
}

function lookUp(schema: Schema, name: string): Type<string> | undefined {
  const cut = name.lastIndexOf('::')
  const namespace = cut < 0 ? '' : name.slice(0, cut)
  const common = Object.hasOwn(schema, namespace) ? schema[namespace]?.commonTypes : undefined
  const local = cut < 0 ? name : name.slice(cut + 2)
  return common && Object.hasOwn(common, local) ? common[local] : undefined
}

/** Whether a resolved type is a record. */
export function isRecord(type: Type<string>): type is Extract<Type<string>, { type: 'Record' }> {
  return type.type === 'Record' && 'attributes' in type
}
