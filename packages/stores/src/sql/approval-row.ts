import type { Approval } from '@lockstep/core'

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
  readonly requested_at: number | string
  readonly expires_at: number | string
  readonly state: Approval['state']
  readonly approver_issuer: string | null
  readonly approver_subject: string | null
  readonly approved_at: number | string | null
}

/** Reads a row of the table `approvals`. */
export function readApprovalRow(row: ApprovalRow): Approval {
  const { id, binding, issuer, subject, actor, tool, state } = row
  const approver =
    row.approver_issuer !== null && row.approver_subject !== null && row.approved_at !== null
      ? { issuer: row.approver_issuer, subject: row.approver_subject, at: Number(row.approved_at) }
      : undefined
  const resource =
    row.resource_type !== null && row.resource_id !== null
      ? { type: row.resource_type, id: row.resource_id }
      : undefined
  return {
    id,
    binding,
    issuer,
    subject,
    actor,
    tool,
    ...(resource && { resource }),
    requestedAt: Number(row.requested_at),
    expiresAt: Number(row.expires_at),
    state,
    ...(approver && { approver }),
  }
}
