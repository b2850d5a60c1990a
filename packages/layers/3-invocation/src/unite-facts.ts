import { digest, type EntityFact, type Facts, sameEntity } from '@lockstep/core'

/**
 * The facts of two people for one question. An entity that one of them only names yields to what the other knows of it. Two that
 * contradict each other both stay, and the decision point refuses the question: facts that changed in between decide nothing.
 */
export function uniteFacts(one: Facts, other: Facts): Facts {
  const kept = one.entities.filter((fact) => !isBare(fact) || !knows(other, fact))
  const added = other.entities.filter((fact) => !knows({ ...one, entities: kept }, fact) || !isBare(fact))
  return { entities: [...kept, ...added], revision: digest([one.revision, other.revision]) }
}

function knows(facts: Facts, entity: EntityFact): boolean {
  return facts.entities.some((fact) => sameEntity(fact, entity))
}

function isBare({ attributes, parents }: EntityFact): boolean {
  return Object.keys(attributes).length === 0 && parents.length === 0
}
