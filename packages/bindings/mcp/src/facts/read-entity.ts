import type { EntityFact } from '@lockstep/core'
import type { FactBudget } from './fact-budget.ts'
import { readList, readMembers, readRecord, readRef } from './read-value.ts'

/**
 * Copies an entity that somebody's code returned.
 *
 * @throws LockstepError `policy.facts-invalid`, `policy.facts-too-large`
 */
export function readEntity(given: unknown, budget: FactBudget): EntityFact {
  budget.spend(1)
  const { type, id, attributes, parents, tags } = Object.fromEntries(
    readMembers(given, ['type', 'id', 'attributes', 'parents', 'tags']),
  )
  return {
    ...readRef({ type, id }, budget),
    attributes: readRecord(attributes, budget),
    parents: readList(parents, budget).map((parent) => readRef(parent, budget)),
    ...(tags === undefined ? {} : { tags: readRecord(tags, budget) }),
  }
}
