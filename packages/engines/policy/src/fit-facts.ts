import { type EntityFact, type EntityRef, hasCycle, LockstepError, sameEntity, sameValue } from '@lockstep/core'
import type { SchemaRules } from './schema-rules.ts'

/**
 * Holds entity facts against the schema, as Cedar does before it evaluates: declared types, exactly the declared attributes and tags,
 * allowed parents, listed ids, one entry for each entity, and no entity inside itself.
 *
 * @param resource the resource of the question, when it is known; a fact that knows no more of it is left out
 * @returns the facts with the resource's own, each with its values as the schema types them
 * @throws LockstepError `policy.evaluation-failed`
 */
export function fitFacts(
  facts: readonly EntityFact[],
  resource: EntityFact | undefined,
  rules: SchemaRules,
): readonly EntityFact[] {
  const fitted: EntityFact[] = []
  if (resource) fitted.push(fitFact(resource, rules))
  for (const fact of facts) {
    if (resource && sameEntity(fact, resource) && isBare(fact)) continue
    fitted.push(fitFact(fact, rules))
  }
  refuseContradictions(fitted)
  // Membership in itself is a mistake in the facts; what follows from it is not a matter of policy.
  if (hasCycle(fitted)) throw unfit('an entity is inside itself')
  return rules.actionFacts.length > 0 ? [...fitted, ...rules.actionFacts] : fitted
}

/** Refuses a reference that the schema has no place for: an undeclared type, an id that is not listed. */
export function fitRef({ type, id }: EntityRef, rules: SchemaRules): void {
  const known = rules.entities.get(type)
  if (!known || typeof id !== 'string' || !id.isWellFormed() || (known.ids && !known.ids.has(id))) {
    throw unfit('an entity is none that the schema declares')
  }
}

function fitFact(fact: EntityFact, rules: SchemaRules): EntityFact {
  fitRef(fact, rules)
  const own = rules.entities.get(fact.type)
  const attributes = own?.attributes(fact.attributes)
  if (!own || !attributes) throw unfit('the attributes of an entity do not fit the schema')
  for (const parent of fact.parents) {
    if (!own.above.has(parent.type)) throw unfit('an entity has a parent of a type that the schema does not allow')
    fitRef(parent, rules)
  }
  const tags = fact.tags && fitTags(fact.tags, own)
  return attributes === fact.attributes && tags === fact.tags ? fact : { ...fact, attributes, tags }
}

function fitTags(
  tags: NonNullable<EntityFact['tags']>,
  { tags: fit }: NonNullable<ReturnType<SchemaRules['entities']['get']>>,
): NonNullable<EntityFact['tags']> {
  const fitted = Object.entries(tags).map(([name, tag]) => {
    const value = name.isWellFormed() ? fit?.(tag) : undefined
    if (value === undefined) throw unfit('a tag of an entity does not fit the schema')
    return [name, value] as const
  })
  return Object.fromEntries(fitted)
}

function isBare({ attributes, parents, tags = {} }: EntityFact): boolean {
  return Object.keys(attributes).length === 0 && parents.length === 0 && Object.keys(tags).length === 0
}

/** Two entries for one entity must say the same: which of them is true nobody can tell. */
function refuseContradictions(facts: readonly EntityFact[]): void {
  if (facts.length < 2) return
  const seen = new Map<string, EntityFact[]>()
  for (const fact of facts) {
    const others = seen.get(fact.id)
    if (!others) seen.set(fact.id, [fact])
    else if (others.some((other) => other.type === fact.type && !saysTheSame(other, fact))) {
      throw unfit('two facts about one entity contradict each other')
    } else others.push(fact)
  }
}

function saysTheSame(a: EntityFact, b: EntityFact): boolean {
  const parents = ({ parents: all }: EntityFact) => ({ set: all.map((entity) => ({ entity })) })
  return (
    sameValue({ record: a.attributes }, { record: b.attributes }) &&
    sameValue({ record: a.tags ?? {} }, { record: b.tags ?? {} }) &&
    sameValue(parents(a), parents(b))
  )
}

function unfit(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
