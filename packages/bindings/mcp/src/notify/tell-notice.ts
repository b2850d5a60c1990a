import type { ApprovalMessage, ApprovalNotice, JsonObject, ObligationMessage, ObligedNotice } from '@lockstep/core'
import { tellApproval } from '../http/tell-approval.ts'

/** What is posted of a notice, and what is recorded when nobody took it. */
export interface ToldNotice {
  readonly message: ApprovalMessage | ObligationMessage
  readonly tool: string
  /** The trace of the call; a request is not of one call. */
  readonly trace?: string
  readonly detail: JsonObject
}

/** Tells a notice in the shape of Standard Webhooks. */
export function tellNotice(notice: ApprovalNotice | ObligedNotice, urlOf: (approval: string) => string): ToldNotice {
  const { id, event, attempts } = notice
  const timestamp = new Date(notice.at).toISOString()
  if (notice.event === 'obliged') {
    const { topic, call, trace, tool, subject, actor, policies } = notice.obliged
    return {
      message: {
        id,
        type: 'obligation.notify',
        timestamp,
        data: { topic, call, trace, tool, subject, actor, policies },
      },
      tool,
      trace,
      detail: { notice: event, topic, call, attempts },
    }
  }
  const { approval } = notice
  return {
    message: {
      id,
      type: `approval.${notice.event}`,
      timestamp,
      data: { ...tellApproval(approval, 'approver'), url: urlOf(approval.id) },
    },
    tool: approval.tool,
    detail: { notice: event, approval: approval.id, attempts },
  }
}
