import type { EntityFact } from '@lockstep/core'
import { compileMembers, compileType, type Fit, type FitMembers, type ListedIds } from './compile-type.ts'
import { isRecord, resolve, type Schema } from './resolve-type.ts'

/** What the schema demands of the entities of one type. */
export interface EntityRules {
  readonly attributes: FitMembers
  /** The types that an entity of this type may be inside of, at any distance. */
  readonly above: ReadonlySet<string>
  /** Absent for a type without tags. */
  readonly tags?: Fit | undefined
  /** Absent for a type whose ids are not listed. */
  readonly ids?: ReadonlySet<string> | undefined
}

/** What the schema demands of questions about one action. */
export interface ActionRules {
  readonly principals: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
  readonly context: ReadonlyMap<string, { readonly fit: Fit; readonly required: boolean }>
  /** The action itself and every group that it is in. */
  readonly within: ReadonlySet<string>
}

/** A schema, compiled: what every question is held against. */
export interface SchemaRules {
  readonly entities: ReadonlyMap<string, EntityRules>
  readonly actions: ReadonlyMap<string, ActionRules>
  /** The actions that are in groups, as facts for `action in ...` inside a condition. */
  readonly actionFacts: readonly EntityFact[]
}

/**
 * Compiles a schema. Actions stand without a namespace (see `declaredActions`).
 *
 * @param schema as `schemaToJsonWithResolvedTypes` gives it
 * @returns the rules, or the first thing in the schema that has none
 */
export function schemaRules(schema: Schema): SchemaRules | { readonly says: string } {
  const types = Object.entries(schema).flatMap(([namespace, { entityTypes }]) =>
    Object.entries(entityTypes).map(([name, type]) => [namespace ? `${namespace}::${name}` : name, type] as const),
  )
  const listed: ListedIds = new Map(
    types.flatMap(([name, type]) => ('enum' in type ? [[name, new Set(type.enum)] as const] : [])),
  )
  const parents = new Map(
    types.map(([name, type]) => [name, 'memberOfTypes' in type ? (type.memberOfTypes ?? []) : []]),
  )
  const entities = new Map<string, EntityRules>()
  for (const [name, type] of types) {
    const ids = listed.get(name)
    const shape = 'shape' in type && type.shape ? resolve(schema, type.shape) : { type: 'Record', attributes: {} }
    const attributes = shape && compileMembers(schema, shape, listed)
    const tags = 'tags' in type && type.tags ? compileType(schema, type.tags, listed) : undefined
    if (!attributes || ('tags' in type && type.tags && !tags)) {
      return { says: `entity type \`${name}\` has an attribute of an unsupported type` }
    }
    entities.set(name, { attributes, above: above(name, parents), tags, ids })
  }
  return actionRules(schema, listed, entities)
}

function actionRules(
  schema: Schema,
  listed: ListedIds,
  entities: SchemaRules['entities'],
): SchemaRules | { readonly says: string } {
  const declared = Object.values(schema).flatMap(({ actions }) => Object.entries(actions))
  const parents = new Map(declared.map(([id, action]) => [id, (action.memberOf ?? []).map((group) => group.id)]))
  const actions = new Map<string, ActionRules>()
  for (const [id, action] of declared) {
    const type = action.appliesTo?.context
    const resolved = type && resolve(schema, type)
    const context = new Map<string, { readonly fit: Fit; readonly required: boolean }>()
    for (const [name, member] of Object.entries(resolved && isRecord(resolved) ? resolved.attributes : {})) {
      const fit = compileType(schema, member, listed)
      if (!fit || name === '__proto__')
        return { says: `context member \`${name}\` of action \`${id}\` has an unsupported type` }
      context.set(name, { fit, required: member.required !== false })
    }
    actions.set(id, {
      principals: new Set(action.appliesTo?.principalTypes),
      resources: new Set(action.appliesTo?.resourceTypes),
      context,
      within: new Set([id, ...above(id, parents)]),
    })
  }
  const actionFacts = [...parents]
    .filter(([, groups]) => groups.length > 0)
    .map(([id, groups]) => ({
      type: 'Action',
      id,
      attributes: {},
      parents: groups.map((group) => ({ type: 'Action', id: group })),
    }))
  return { entities, actions, actionFacts }
}

/** Everything above a name, at any distance; a type may be above itself. */
function above(name: string, parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>()
  const queue = [...(parents.get(name) ?? [])]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue
    found.add(next)
    queue.push(...(parents.get(next) ?? []))
  }
  return found
}
