import { type EntityFact, type EntityRef, sameEntity, type Value } from '../entity.ts'

/** What may be folded into an expression besides the values that stand in it. */
export interface Known {
  /**
   * Entities with their attributes and parents. When given, they are taken as complete: an entity that is not among them has
   * no attributes and no parents, as in Cedar's entity store. @defaultValue nothing is known about any entity
   */
  readonly facts?: readonly EntityFact[] | undefined
  /** A fact that comes before all of `facts`, so that one list of them serves entity after entity. @defaultValue none */
  readonly first?: EntityFact | undefined
  /**
   * Whether nobody can tell an attribute of an entity, or with no attribute its parents and tags, because the facts do not say
   * all of it. Asked where they say nothing. @defaultValue the facts are complete
   */
  readonly untold?: ((entity: EntityRef, attribute?: string) => boolean) | undefined
  /** Entity types of unknowns, by the unknown's name. @defaultValue no type is known */
  readonly types?: Readonly<Record<string, string>> | undefined
}

/** From this many facts on an index pays. */
const MANY = 24

const indexes = new WeakMap<readonly EntityFact[], ReadonlyMap<string, ReadonlyMap<string, EntityFact>>>()

/** Finds the facts about an entity. */
function findFact({ facts, first }: Known, ref: EntityRef): EntityFact | undefined {
  if (first && first.id === ref.id && first.type === ref.type) return first
  if (!facts) return undefined
  if (facts.length >= MANY) return indexOf(facts).get(ref.type)?.get(ref.id)
  // A plain loop: this is the innermost step of every decision.
  for (const fact of facts) if (fact.id === ref.id && fact.type === ref.type) return fact
  return undefined
}

function indexOf(facts: readonly EntityFact[]): ReadonlyMap<string, ReadonlyMap<string, EntityFact>> {
  const found = indexes.get(facts)
  if (found) return found
  const index = new Map<string, Map<string, EntityFact>>()
  for (const fact of facts) {
    const ids = index.get(fact.type) ?? new Map<string, EntityFact>()
    index.set(fact.type, ids)
    // The first one counts, as in the search.
    if (!ids.has(fact.id)) ids.set(fact.id, fact)
  }
  indexes.set(facts, index)
  return index
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
  let unsure = false
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = JSON.stringify([next.type, next.id])
    // Parents may form a cycle when facts are wrong; every entity is visited once.
    if (seen.has(key)) continue
    seen.add(key)
    const parents = findFact(known, next)?.parents ?? []
    if (parents.some((parent) => sameEntity(parent, outer))) return true
    if (known.untold?.(next)) unsure = true
    queue.push(...parents)
  }
  return unsure ? undefined : false
}

/** Reads an attribute of a known record or of an entity with facts; `undefined` when it is not there or not known. */
export function readAttribute(known: Known, value: Value, attribute: string): Value | undefined {
  const attributes = attributesOf(known, value)
  return attributes && Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
}

/** Whether a known record or an entity with facts has an attribute; `undefined` when that is not known. */
export function hasAttribute(known: Known, value: Value, attribute: string): boolean | undefined {
  const attributes = attributesOf(known, value)
  if (attributes && Object.hasOwn(attributes, attribute)) return true
  if (typeof value !== 'object' || !('entity' in value)) return attributes && false
  return known.facts === undefined || known.untold?.(value.entity, attribute) ? undefined : false
}

/** Reads a tag of an entity with facts; `undefined` when it is not there or not known. */
export function readTag(known: Known, value: Value, tag: string): Value | undefined {
  const tags = tagsOf(known, value)
  return tags && Object.hasOwn(tags, tag) ? tags[tag] : undefined
}

/** Whether an entity has a tag; `undefined` when that is not known. */
export function hasTag(known: Known, value: Value, tag: string): boolean | undefined {
  const tags = tagsOf(known, value)
  return tags && Object.hasOwn(tags, tag)
}

/** An entity without facts has no tags, once facts are given. */
function tagsOf(known: Known, value: Value): Readonly<Record<string, Value>> | undefined {
  if (typeof value !== 'object' || !('entity' in value) || !known.facts) return undefined
  if (known.untold?.(value.entity)) return undefined
  return findFact(known, value.entity)?.tags ?? {}
}

function attributesOf(known: Known, value: Value): Readonly<Record<string, Value>> | undefined {
  if (typeof value !== 'object') return undefined
  if ('record' in value) return value.record
  return 'entity' in value ? findFact(known, value.entity)?.attributes : undefined
}
