import {
  ACTOR_TYPE,
  type AttributeRelation,
  type AttributeType,
  type EntityDeclaration,
  type EntityDeclarations,
  type EntityRelations,
  LockstepError,
  type Relation,
  type RelationMapping,
  SUBJECT_TYPE,
} from '@lockstep/core'
import { type AttributeKind, attributeKind } from '../policy/attribute-kind.ts'
import type { LiveColumn, LiveRelation } from './live-columns.ts'

/** One thing that is read about the entities of one type. */
export interface PlannedRelation {
  readonly of: string
  readonly relation: Relation
  readonly key: { readonly column: LiveColumn; readonly kind: AttributeKind }
  /** How the text of a value is read. */
  readonly value: ValueKind
  /** What the values are for: an attribute, or the parents. */
  readonly attribute?: { readonly name: string; readonly isSet: boolean } | undefined
}

/** A value in one column: an extension value is a text. */
export type ValueKind = Exclude<AttributeType, { readonly is: 'set' | 'record' }>

/** What is read about the entities of one type, beside each relation. */
export interface PlannedEntity {
  /** Attributes that the schema demands; sets are always there. */
  readonly required: readonly string[]
  readonly sets: readonly string[]
  readonly otherwise: Readonly<Record<string, boolean | number | string>>
}

/** A mapping that fits the policy's schema and the database. */
export interface RelationPlan {
  readonly relations: readonly PlannedRelation[]
  readonly entities: ReadonlyMap<string, PlannedEntity>
}

/** What a mapping is held against. */
export interface PlanRelationsOptions {
  readonly relations: RelationMapping
  readonly declared: EntityDeclarations
  readonly live: ReadonlyMap<string, LiveRelation>
  /** The issuers that subjects may come from. */
  readonly issuers: readonly string[]
}

/** Every view of a mapping. */
export function viewsOf(relations: RelationMapping): readonly string[] {
  return Object.values(relations).flatMap(({ attributes = {}, parents = {} }) =>
    [...Object.values(attributes), ...Object.values(parents)].map(({ view }) => view),
  )
}

/**
 * Holds a mapping against the policy's schema and the live database: every type, attribute and parent is declared, every required attribute
 * is read, columns are there and of a type that the attribute can hold exactly.
 *
 * @throws LockstepError `execution.mapping-invalid` naming what does not fit
 */
export function planRelations(options: PlanRelationsOptions): RelationPlan {
  const { declared } = options
  // Of a caller something is always said: by name at least.
  const mapped: RelationMapping = { [SUBJECT_TYPE]: {}, [ACTOR_TYPE]: {}, ...options.relations }
  const entities = new Map<string, PlannedEntity>()
  const relations: PlannedRelation[] = []
  for (const [type, given] of Object.entries(mapped)) {
    const declaration = declared.get(type)
    if (!declaration && !Object.hasOwn(options.relations, type)) continue
    if (!declaration) throw invalid(`the schema declares no entity type \`${type}\``)
    entities.set(type, planEntity(type, given, declaration))
    relations.push(
      ...planAttributes(type, given, declaration, options),
      ...planParents(type, given, declaration, options),
    )
  }
  return { relations, entities }
}

function planEntity(type: string, { attributes = {} }: EntityRelations, declaration: EntityDeclaration): PlannedEntity {
  const required = [...declaration.attributes].flatMap(([name, attribute]) => (attribute.required ? [name] : []))
  for (const name of required) {
    if (!Object.hasOwn(attributes, name))
      throw invalid(`\`${type}.${name}\` is required by the schema, and no view says it`)
  }
  const named = Object.keys(attributes)
  const otherwise = Object.entries(attributes).flatMap(([name, relation]) =>
    relation.otherwise === undefined
      ? []
      : [[name, otherwiseOf(`${type}.${name}`, relation, declaration, name)] as const],
  )
  return {
    required,
    sets: named.filter((name) => declaration.attributes.get(name)?.type.is === 'set'),
    otherwise: Object.fromEntries(otherwise),
  }
}

function otherwiseOf(place: string, { otherwise }: AttributeRelation, { attributes }: EntityDeclaration, name: string) {
  const is = attributes.get(name)?.type.is
  const fits =
    (is === 'boolean' && typeof otherwise === 'boolean') ||
    (is === 'long' && typeof otherwise === 'number' && Number.isSafeInteger(otherwise)) ||
    (is === 'string' && typeof otherwise === 'string' && otherwise.isWellFormed())
  if (!fits || otherwise === undefined) throw invalid(`\`otherwise\` of \`${place}\` is no value of its type`)
  return otherwise
}

function planAttributes(
  of: string,
  { attributes = {} }: EntityRelations,
  declaration: EntityDeclaration,
  options: PlanRelationsOptions,
): readonly PlannedRelation[] {
  return Object.entries(attributes).map(([name, relation]) => {
    const place = `${of}.${name}`
    const type = declaration.attributes.get(name)?.type
    if (!type) throw invalid(`the schema declares no attribute \`${place}\``)
    const isSet = type.is === 'set'
    const value = isSet ? type.of : type
    if (value.is === 'set' || value.is === 'record') throw invalid(`\`${place}\` has a type that no column can hold`)
    return { ...planRelation(place, of, relation, value, options), attribute: { name, isSet } }
  })
}

function planParents(
  of: string,
  { parents = {} }: EntityRelations,
  { above }: EntityDeclaration,
  options: PlanRelationsOptions,
): readonly PlannedRelation[] {
  return Object.entries(parents).map(([entity, relation]) => {
    if (!above.has(entity)) throw invalid(`the schema lets no \`${of}\` be in a \`${entity}\``)
    return planRelation(`${of} in ${entity}`, of, relation, { is: 'entity', entity }, options)
  })
}

function planRelation(
  place: string,
  of: string,
  relation: Relation,
  value: ValueKind,
  { live, issuers }: PlanRelationsOptions,
): PlannedRelation {
  const { view, key, column, issuer } = relation
  const found = live.get(view)
  if (!found) throw invalid(`there is no view \`${view}\` (for \`${place}\`)`)
  if (found.kind === 'm')
    throw invalid(`\`${view}\` is a materialized view: what is removed would stay until it is refreshed`)
  if (!['r', 'p', 'v'].includes(found.kind)) throw invalid(`\`${view}\` is neither a view nor a table`)
  const columnOf = (name: string): LiveColumn => {
    const known = found.columns.get(name)
    if (!known) throw invalid(`\`${view}\` has no column \`${name}\``)
    if (known.collation?.deterministic === false)
      throw invalid(`\`${view}.${name}\` must have a deterministic collation`)
    return known
  }
  const keyColumn = columnOf(key)
  checkValue(`${view}.${column}`, columnOf(column), value)
  if (of !== SUBJECT_TYPE && issuer) throw invalid(`\`issuer\` is for \`${SUBJECT_TYPE}\`, and stands at \`${place}\``)
  if (of === SUBJECT_TYPE && !issuer && issuers.length > 1) {
    throw invalid(
      `\`${place}\` does not say whose subjects it is about, and there are several issuers: name \`issuer\``,
    )
  }
  if (issuer && 'column' in issuer) checkValue(`${view}.${issuer.column}`, columnOf(issuer.column), { is: 'string' })
  if (issuer && 'only' in issuer && !issuers.includes(issuer.only)) {
    throw invalid(`\`issuer.only\` of \`${place}\` is no issuer of the configuration`)
  }
  const keyKind = attributeKind(`${view}.${key}`, { type: keyColumn.type, entity: of })
  return { of, relation, key: { column: keyColumn, kind: keyKind }, value }
}

function checkValue(place: string, { type }: LiveColumn, value: ValueKind): void {
  const kind = attributeKind(place, { type, ...(value.is === 'entity' ? { entity: value.entity } : {}) })
  const held = value.is === 'extension' ? 'string' : value.is
  if (kind.is !== held) throw invalid(`\`${place}\` is \`${type}\`, and the schema wants ${held}`)
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
