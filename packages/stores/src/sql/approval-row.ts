import type { Approval, ApprovingPerson } from '@lockstep/core'
import { expireApproval } from '../expire-approval.ts'

/** A row of the table `approvals`. Times are milliseconds since the epoch; some drivers read a `bigint` as text. */
export interface ApprovalRow {
  readonly id: string
  readonly binding: string
  readonly issuer: string
  readonly subject: string
  readonly actor: string
  readonly tool: string
  readonly resource_type: string | null
  readonly resource_id: string | null
  /** Digests, with a blank between them. */
  readonly asked: string
  /** JSON: what is never searched. */
  readonly said: string
  readonly consents: string
  readonly requested_at: number | string
  readonly expires_at: number | string
  readonly state: Approval['state']
  readonly ended_at: number | string | null
  readonly ended_by: string | null
}

/** What is kept of a request as JSON, in one column. */
export type Said = Pick<Approval, 'chain' | 'needed' | 'shown'>

/** Reads a row of the table `approvals`, as it is at `now`. */
export function readApprovalRow(row: ApprovalRow, now: number): Approval {
  const { id, binding, issuer, subject, actor, tool, state } = row
  const { chain, needed, shown } = JSON.parse(row.said) as Said
  const resource =
    row.resource_type !== null && row.resource_id !== null
      ? { type: row.resource_type, id: row.resource_id }
      : undefined
  const made: Approval = {
    ...{ id, binding, issuer, subject, actor, chain, tool },
    ...(resource && { resource }),
    needed,
    asked: row.asked === '' ? [] : row.asked.split(' '),
    shown,
    requestedAt: Number(row.requested_at),
    expiresAt: Number(row.expires_at),
    state,
    consents: JSON.parse(row.consents) as Approval['consents'],
    ...(row.ended_at === null ? {} : { ended: readEnd(Number(row.ended_at), row.ended_by) }),
  }
  return expireApproval(made, now)
}

function readEnd(at: number, by: string | null): NonNullable<Approval['ended']> {
  return by === null ? { at } : { at, by: JSON.parse(by) as ApprovingPerson }
}
