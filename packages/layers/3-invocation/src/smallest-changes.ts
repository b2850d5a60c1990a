import {
  decideForBoth,
  type EntityFact,
  type ExplainedPolicy,
  type ExplainedPrincipal,
  type FactChange,
  sameEntity,
} from '@lockstep/core'
import type { AskCall } from './decide-call.ts'

/** Sets of changes that are asked about for each of the two principals. */
const MOST_TRIED = 8

/**
 * The smallest set of facts about the two principals with which the same question would be permitted, found by asking it again: what the
 * conditions of one permit lack, for each principal that is refused. A policy of which a condition is withheld proposes nothing.
 *
 * @returns `undefined` when no such set permits
 */
export function smallestChanges(
  ask: AskCall,
  principals: readonly ExplainedPrincipal[],
): readonly FactChange[] | undefined {
  const proposals = principals.map(({ decision, policies }) =>
    decision?.effect === 'permit'
      ? [[]]
      : policies
          .flatMap(proposalOf)
          .sort((a, b) => a.length - b.length)
          .slice(0, MOST_TRIED),
  )
  // An actor that is not asked about lacks nothing.
  const [subject = [], actor = [[]]] = proposals
  const sets = subject.flatMap((one) => actor.map((other) => [...one, ...other]))
  const question = ask.question({})
  return sets
    .sort((a, b) => a.length - b.length)
    .find((changes) => {
      const entities = question.facts.entities.map((fact) => changes.reduce(changed, fact))
      const facts = { entities, revision: question.facts.revision }
      return decideForBoth(ask.point, ask.caller, { ...question, facts }).effect === 'permit'
    })
}

function proposalOf({ effect, conditions }: ExplainedPolicy): readonly (readonly FactChange[])[] {
  if (effect !== 'permit' || conditions.some(({ outcome }) => outcome === 'withheld')) return []
  const changes = conditions.flatMap(({ outcome, needs }) => (outcome !== 'holds' && needs ? [needs] : []))
  return changes.length > 0 ? [changes] : []
}

function changed(fact: EntityFact, change: FactChange): EntityFact {
  if (!sameEntity(fact, change.entity)) return fact
  if (change.kind === 'member') return { ...fact, parents: [...fact.parents, change.of] }
  const { attribute, value } = change
  const before = Object.hasOwn(fact.attributes, attribute) ? fact.attributes[attribute] : undefined
  const held = typeof before === 'object' && 'set' in before ? before.set : []
  const after = change.kind === 'set' ? value : { set: [...held, value] }
  return { ...fact, attributes: { ...fact.attributes, [attribute]: after } }
}
