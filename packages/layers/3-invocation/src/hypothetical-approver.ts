import type { DecisionPoint, EntityFact } from '@lockstep/core'
import { type ApproverRule, approvedBy } from './approver-rule.ts'

/**
 * Somebody who may be asked to approve, before anybody did: a person in the rule's relation to this very resource, of whom nothing
 * else is known. A policy that asks more of its approvers (a role, a limit) is not flipped by this person, so no approval is
 * offered: it must be expressed in the relation. `undefined` when nobody can stand in the relation.
 */
export function hypotheticalApprover(
  point: DecisionPoint,
  rule: ApproverRule,
  resource: EntityFact,
): EntityFact | undefined {
  const wanted = approvedBy(rule, resource)
  // Not a subject that an authorization server would issue; if one did, two versions of one entity are a deny.
  const blank = point.blankEntity({ type: 'User', id: '?approver' })
  if (wanted === undefined || !blank) return undefined
  return { ...blank, attributes: { ...blank.attributes, [rule.relation]: { set: [wanted] } } }
}
