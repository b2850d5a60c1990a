import type { ApprovalNeed, VisibleMembers } from '@lockstep/core'
import type { ApproverRule } from './approver-rule.ts'

/** People who may be demanded for one call at most. */
export const MOST_APPROVERS = 4

/** How many people a need asks for. */
export function sizeOf(needed: readonly ApprovalNeed[]): number {
  return needed.reduce((sum, { count }) => sum + count, 0)
}

/**
 * Every number of people, by relation, that a call may be made to need, the fewest first, and of as many those of the earlier rules first. A policy that
 * cannot see how many there are (its schema declares neither `count` nor `under` of `context.approval`) is asked about one alone: more would
 * change nothing.
 */
export function possibleNeeds(
  rules: readonly ApproverRule[],
  visible: VisibleMembers | undefined,
): readonly (readonly ApprovalNeed[])[] {
  const counts = visible?.has('count') || visible?.has('under')
  const sizes = Array.from({ length: counts ? MOST_APPROVERS : 1 }, (_, index) => index + 1)
  return sizes.flatMap((size) => among(rules, size))
}

function among([rule, ...others]: readonly ApproverRule[], size: number): readonly (readonly ApprovalNeed[])[] {
  if (!rule) return size === 0 ? [[]] : []
  const counts = Array.from({ length: size + 1 }, (_, index) => size - index)
  return counts.flatMap((count) => {
    const own = count === 0 ? [] : [{ relation: rule.relation, of: rule.of, count }]
    return among(others, size - count).map((rest) => [...own, ...rest])
  })
}
