import type { ApprovalNeed, ApprovalRecord, EntityRef, VisibleMembers } from '@lockstep/core'
import { sizeOf } from './possible-needs.ts'

/**
 * The context member `approval` of a question about one of the people who consent: beside them, how many of those needed there are, as far as the
 * schema declares it. A relation that it counts and that is not needed has nobody.
 *
 * @param members the declared members of `context.approval`
 */
export function approvalRecord(
  members: VisibleMembers | undefined,
  by: EntityRef,
  needed: readonly ApprovalNeed[],
): ApprovalRecord {
  const under = members?.get('under')?.shape
  return {
    by,
    ...(members?.has('count') ? { count: sizeOf(needed) } : {}),
    ...(under && 'members' in under ? { under: countsOf([...under.members.keys()], needed) } : {}),
  }
}

function countsOf(relations: readonly string[], needed: readonly ApprovalNeed[]): Readonly<Record<string, number>> {
  const entries = relations.map((name) => [name, needed.find(({ relation }) => relation === name)?.count ?? 0] as const)
  return Object.fromEntries(entries)
}
