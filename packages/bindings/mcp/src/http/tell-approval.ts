import type { Approval, ToldApproval, ToldMember } from '@lockstep/core'
import { shown } from '@lockstep/invocation'

/** Who looks at a request: whoever made it, or somebody who is or was asked. */
export type Onlooker = 'requester' | 'approver'

/**
 * A request as people and their programs are told of it. What is there to be read (`shown`) is rendered from what the request is bound to, on single
 * lines with nothing hidden in them; the other members are for programs, which must not show them. Who consented is told to approvers alone.
 */
export function tellApproval(approval: Approval, onlooker: Onlooker): ToldApproval {
  const { id, state, tool, resource, issuer, subject, actor, needed, consents, ended } = approval
  return {
    id,
    state,
    tool,
    ...(resource ? { resource: { type: resource.type, id: resource.id } } : {}),
    requester: { issuer, subject, actor },
    shown: shownOf(approval),
    needed: needed.map(({ relation, of, count }) => ({ relation, of, count })),
    given: consents.length,
    ...(onlooker === 'approver'
      ? { consents: consents.map((one) => ({ subject: one.subject, at: time(one.at) })) }
      : {}),
    requestedAt: time(approval.requestedAt),
    expiresAt: time(approval.expiresAt),
    ...(ended ? { endedAt: time(ended.at) } : {}),
  }
}

/** Everything that people read of a request before they decide. */
function shownOf({ tool, resource, subject, actor, shown: members }: Approval): readonly ToldMember[] {
  const named = [
    shown('tool', tool),
    ...(resource ? [shown('resource', `${resource.type} ${resource.id}`)] : []),
    shown('for', subject),
    shown('through', actor),
    ...members,
  ]
  return named.map(({ name, value, ascii }) => ({ name, value, ...(ascii === undefined ? {} : { ascii }) }))
}

function time(at: number): string {
  return new Date(at).toISOString()
}
