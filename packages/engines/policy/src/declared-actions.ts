import type { SchemaJson, Type } from '@cedar-policy/cedar-wasm/nodejs'
import type { Value } from '@lockstep/core'

/** What the schema says about one action. */
export interface ActionDeclaration {
  readonly id: string
  /** The declared context members, by name, each with some value of its type. */
  readonly context: ReadonlyMap<string, Value>
  /** The members that `context.arguments` declares, optional ones too; absent when the context has no such record. */
  readonly arguments?: readonly string[] | undefined
}

type Schema = SchemaJson<string>

/** An action id that needs no escaping in Cedar's text form. */
const ACTION_ID = /^[A-Za-z0-9_./:-]{1,128}$/

/**
 * Reads the actions of a schema. Actions are the ones without a namespace (`Action::"<id>"`), because that is what questions
 * name.
 *
 * @param schema as `schemaToJsonWithResolvedTypes` gives it
 * @returns the actions by id, or the first mistake
 */
export function declaredActions(schema: Schema): ReadonlyMap<string, ActionDeclaration> | { readonly says: string } {
  const actions = new Map<string, ActionDeclaration>()
  for (const [namespace, definition] of Object.entries(schema)) {
    for (const [id, action] of Object.entries(definition.actions)) {
      if (namespace !== '') return { says: `action \`${id}\` stands in a namespace; declare it outside` }
      if (!ACTION_ID.test(id)) return { says: 'an action id may hold letters, digits, `_`, `.`, `/`, `:` and `-` only' }
      const declared = action.appliesTo?.context
      const attributes = declared && resolve(schema, declared)
      if (attributes && !isRecord(attributes)) return { says: `the context of action \`${id}\` is not a record` }
      const members = Object.entries(attributes?.attributes ?? {})
      const context = new Map<string, Value>()
      for (const [name, type] of members) {
        const value = someValue(schema, type)
        if (value === undefined)
          return { says: `context member \`${name}\` of action \`${id}\` has an unsupported type` }
        context.set(name, value)
      }
      const given = attributes?.attributes.arguments
      const record = given && resolve(schema, given)
      actions.set(id, {
        id,
        context,
        arguments: record && isRecord(record) ? Object.keys(record.attributes) : undefined,
      })
    }
  }
  return actions
}

/** Some value of a type: it stands for a context member that is unknown while the rest of a question is checked. */
function someValue(schema: Schema, type: Type<string>): Value | undefined {
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
    case 'Entity':
      return 'name' in resolved && typeof resolved.name === 'string'
        ? { entity: { type: resolved.name, id: '' } }
        : undefined
    default:
      return undefined
  }
}

/** Follows names of common types; `undefined` when one leads nowhere. */
function resolve(schema: Schema, type: Type<string>): Type<string> | undefined {
  let current = type
  // Cedar refuses cycles of common types; the bound only keeps a surprise finite.
  for (let step = 0; step < 32; step += 1) {
    const found = lookUp(schema, current.type)
    if (!found) return current
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

function isRecord(type: Type<string>): type is Extract<Type<string>, { type: 'Record' }> {
  return type.type === 'Record' && 'attributes' in type
}
