import type { ExplainedCondition, ExplainedPolicy, ExplainedPrincipal, ReadFact } from '@lockstep/core'

/** Whether the subject may view an attribute of the resource; of `undefined`, the resource itself. */
export type MayView = (attribute: string | undefined) => boolean

/**
 * Holds back what rests on attributes of the resource that the subject may not view: the values, and how the conditions that read them came
 * out, from which a value could be told.
 */
export function withhold(policy: ExplainedPolicy, mayView: MayView): ExplainedPolicy {
  return { ...policy, conditions: policy.conditions.map((condition) => withholdCondition(condition, mayView)) }
}

function withholdCondition(condition: ExplainedCondition, mayView: MayView): ExplainedCondition {
  const reads = condition.reads.map((read) => (isHidden(read, mayView) ? { path: read.path, withheld: true } : read))
  if (!reads.some(({ withheld }) => withheld)) return condition
  const { text, line } = condition
  return { text, line, outcome: 'withheld', reads }
}

function isHidden({ path }: ReadFact, mayView: MayView): boolean {
  const [root, attribute] = path.split('.')
  return root === 'resource' && !(mayView(undefined) && mayView(attribute))
}

/**
 * Holds back what a denial would tell of a resource that the subject may not view: which of the policies that read it applied, and so
 * whether it is there at all.
 */
export function withholdDenial(principal: ExplainedPrincipal): ExplainedPrincipal {
  if (!principal.policies.some(isWithheld)) return principal
  const { role, entity, policies } = principal
  return {
    role,
    entity,
    policies: policies.map((policy) => (isWithheld(policy) ? { ...policy, applies: false } : policy)),
  }
}

function isWithheld({ conditions }: ExplainedPolicy): boolean {
  return conditions.some(({ outcome }) => outcome === 'withheld')
}
