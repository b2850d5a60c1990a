import { type EntityFact, type EntityRef, sameEntity, type Value } from '../entity.ts'

/** What may be folded into an expression besides the values that stand in it. */
export interface Known {
  /**
   * Entities with their attributes and parents. When given, they are taken as complete: an entity that is not among them has
   * no attributes and no parents, as in Cedar's entity store. @defaultValue nothing is known about any entity
   */
  readonly facts?: readonly EntityFact[] | undefined
  /** Entity types of unknowns, by the unknown's name. @defaultValue no type is known */
  readonly types?: Readonly<Record<string, string>> | undefined
}

/** Finds the facts about an entity. */
function findFact(known: Known, ref: EntityRef): EntityFact | undefined {
  return known.facts?.find((fact) => sameEntity(fact, ref))
}

/**
 * Whether an entity is, or is inside, another one (Cedar's `in`): reflexive and transitive over parents. `undefined` when that
 * cannot be told because no facts were given.
 */
export function isInside(known: Known, inner: EntityRef, outer: EntityRef): boolean | undefined {
  if (sameEntity(inner, outer)) return true
  if (!known.facts) return undefined
  const queue: EntityRef[] = [inner]
  const seen = new Set<string>()
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = JSON.stringify([next.type, next.id])
    // Parents may form a cycle when facts are wrong; every entity is visited once.
    if (seen.has(key)) continue
    seen.add(key)
    const parents = findFact(known, next)?.parents ?? []
    if (parents.some((parent) => sameEntity(parent, outer))) return true
    queue.push(...parents)
  }
  return false
}

/** Reads an attribute of a known record or of an entity with facts; `undefined` when it is not there or not known. */
export function readAttribute(known: Known, value: Value, attribute: string): Value | undefined {
  const attributes = attributesOf(known, value)
  return attributes && Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
}

/** Whether a known record or an entity with facts has an attribute; `undefined` when that is not known. */
export function hasAttribute(known: Known, value: Value, attribute: string): boolean | undefined {
  const attributes = attributesOf(known, value)
  if (attributes) return Object.hasOwn(attributes, attribute)
  const absentEntity = typeof value === 'object' && 'entity' in value && known.facts !== undefined
  return absentEntity ? false : undefined
}

function attributesOf(known: Known, value: Value): Readonly<Record<string, Value>> | undefined {
  if (typeof value !== 'object') return undefined
  if ('record' in value) return value.record
  return 'entity' in value ? findFact(known, value.entity)?.attributes : undefined
}
