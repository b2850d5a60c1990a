import type { ActionContext, Value } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'
import { someValue } from './some-value.ts'
import { visibleMembers } from './visible-members.ts'

/** What the schema says about one action. */
export interface ActionDeclaration {
  readonly id: string
  /** The declared context members, by name, each with some value of its type. */
  readonly context: ReadonlyMap<string, Value>
  /** The same as the layers ask for it: names only. */
  readonly told: ActionContext
}

/** An action id that needs no escaping in Cedar's text form. */
export const ACTION_ID = /^[A-Za-z0-9_./:-]{1,128}$/

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
      const visible = (name: string) => {
        const type = attributes?.attributes[name]
        const record = type && resolve(schema, type)
        return record && isRecord(record) ? visibleMembers(schema, record) : undefined
      }
      actions.set(id, {
        id,
        context,
        told: {
          members: new Set(context.keys()),
          resources: new Set(action.appliesTo?.resourceTypes),
          arguments: visible('arguments'),
          history: visible('history'),
          approval: visible('approval'),
        },
      })
    }
  }
  return actions
}
