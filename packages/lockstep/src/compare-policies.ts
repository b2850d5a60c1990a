import type { DescribedPolicy } from '@lockstep/core'

/** What became of one policy between two folders. */
export interface PolicyChange {
  readonly kind: 'added' | 'removed' | 'changed'
  /** As it is after, or was before when it is removed. */
  readonly policy: DescribedPolicy
  /** Where it counts, or counted: each tool action with the principal types, `approveExpense for User`. */
  readonly reach: readonly string[]
  /** Conditions that are there no longer, and those that are new. */
  readonly lost: readonly string[]
  readonly gained: readonly string[]
}

/**
 * Compares two sets of policies by id and by what they demand: comments, formatting and the order of files change nothing. A policy that demands
 * something else, has the other effect or reaches other actions or types is changed.
 */
export function comparePolicies(
  before: readonly DescribedPolicy[],
  after: readonly DescribedPolicy[],
): readonly PolicyChange[] {
  const was = new Map(before.map((policy) => [policy.id, policy]))
  const is = new Map(after.map((policy) => [policy.id, policy]))
  const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
    const change = compare(was.get(id), is.get(id))
    return change ? [change] : []
  })
  return changes.sort((a, b) => (a.policy.id < b.policy.id ? -1 : 1))
}

function compare(was: DescribedPolicy | undefined, is: DescribedPolicy | undefined): PolicyChange | undefined {
  const policy = is ?? was
  if (!policy) return undefined
  const kind = was && is ? 'changed' : is ? 'added' : 'removed'
  if (was && is && sameness(was) === sameness(is)) return undefined
  const reach = [...new Set([...reachOf(was), ...reachOf(is)])]
  return { kind, policy, reach, lost: missing(was, is), gained: missing(is, was) }
}

function sameness({ effect, condition, principals, actions, resources }: DescribedPolicy): string {
  return JSON.stringify([effect, condition, [principals, actions, resources].map((names) => [...names].sort())])
}

function reachOf(policy: DescribedPolicy | undefined): readonly string[] {
  return policy?.actions.map((action) => `${action} for ${policy.principals.join(', ')}`) ?? []
}

function missing(from: DescribedPolicy | undefined, to: DescribedPolicy | undefined): readonly string[] {
  if (!from) return []
  const there = to ? [to.effect, ...to.conditions] : []
  return [...(to && from.effect !== to.effect ? [from.effect] : []), ...from.conditions].filter(
    (one) => !there.includes(one),
  )
}
