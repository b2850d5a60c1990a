import { type EntityFact, type EntityRef, type Facts, sameEntity, sameValue, type Value } from '@lockstep/core'

/**
 * Who may be asked for an approval at all: a person whose attribute `relation`, a set, holds the resource's attribute `of`. The
 * policy decides beyond that.
 */
export interface ApproverRule {
  /** An attribute of `User`, for example `coApproverFor`. */
  readonly relation: string
  /** An attribute of the resource, for example `dept`. */
  readonly of: string
}

/** What an approver must stand in relation to; `undefined` when the resource has no such attribute, so nobody can approve. */
export function approvedBy(rule: ApproverRule, resource: EntityFact): Value | undefined {
  return Object.hasOwn(resource.attributes, rule.of) ? resource.attributes[rule.of] : undefined
}

/** Whether a person stands in the rule's relation to the resource, by the facts given. */
export function mayApprove(rule: ApproverRule, person: EntityRef, facts: Facts, resource: EntityFact): boolean {
  const wanted = approvedBy(rule, resource)
  const fact = facts.entities.find((entity) => sameEntity(entity, person))
  const held = fact && Object.hasOwn(fact.attributes, rule.relation) ? fact.attributes[rule.relation] : undefined
  if (wanted === undefined || typeof held !== 'object' || !('set' in held)) return false
  return held.set.some((value) => sameValue(value, wanted))
}
