import type { RelationshipSource } from '@lockstep/core'
import { createAskSource, type SourceLimits } from './ask-source.ts'
import { readFacts } from './read-facts.ts'

/**
 * Puts a guard around a source of relationships: what comes through is bounded, in time, about the caller, and a copy that the source cannot
 * change any more. Whatever a source does, the question is denied with a code: `policy.facts-unavailable`, `policy.facts-invalid` or
 * `policy.facts-too-large`.
 */
export function guardRelationships(source: RelationshipSource, limits: SourceLimits): RelationshipSource {
  const ask = createAskSource(limits)
  return {
    load: ({ subject, actor }) => {
      const who = { subject, ...(actor ? { actor: { id: actor.id } } : {}) }
      return ask(
        () => source.load(who),
        (answer) => readFacts(answer, who, limits.factValues),
      )
    },
  }
}
