import { type Approval, type ApprovalStore, type Clock, LockstepError } from '@lockstep/core'
import { checkApproval } from '../check-approval.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import { type ApprovalRow, readApprovalRow } from './approval-row.ts'
import type { Database } from './database.ts'
import { readSettled } from './read-settled.ts'

/** Takes the place of an expired request with the same binding; else what stands already is returned. */
const REQUEST = `
  with made as (
    insert into {approvals} as standing
      (id, binding, issuer, subject, actor, tool, resource_type, resource_id, requested_at, expires_at, state)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending')
    on conflict (binding) where state <> 'used' do update set
      id = excluded.id, issuer = excluded.issuer, subject = excluded.subject, actor = excluded.actor,
      tool = excluded.tool, resource_type = excluded.resource_type, resource_id = excluded.resource_id,
      requested_at = excluded.requested_at, expires_at = excluded.expires_at, state = excluded.state,
      approver_issuer = null, approver_subject = null, approved_at = null
    where standing.expires_at <= $11
    returning *
  )
  select * from made
  union all
  select * from {approvals} where binding = $2 and state <> 'used' and expires_at > $11 and not exists (select from made)`

const GET = 'select * from {approvals} where id = $1 and expires_at > $2'

const FIND = `select * from {approvals} where binding = $1 and state = 'approved' and expires_at > $2`

const APPROVE = `
  update {approvals} set state = 'approved', approver_issuer = $2, approver_subject = $3, approved_at = $4
  where id = $1 and state = 'pending' and expires_at > $4
  returning 1`

const USE = `update {approvals} set state = 'used' where id = $1 and state = 'approved' and expires_at > $2 returning 1`

const FORGET = 'delete from {approvals} where expires_at <= $1'

/**
 * Creates an approval store over a database of the right format. Every change is one statement: of any number of racers
 * one wins. What has expired is not there for any method.
 */
export function createSqlApprovals(db: Database, clock: Clock): ApprovalStore {
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())

  async function first(sql: string, parameters: readonly unknown[]): Promise<Approval | undefined> {
    const [row] = await db.rows<ApprovalRow>(sql, parameters)
    return row && readApprovalRow(row)
  }

  return {
    async request(approval) {
      const { id, binding, issuer, subject, actor, tool, resource, requestedAt, expiresAt } = checkApproval(approval)
      const at = now()
      if (forgetDue(at)) await db.rows(FORGET, [at])
      const about = [resource?.type ?? null, resource?.id ?? null]
      const given = [id, binding, issuer, subject, actor, tool, ...about, requestedAt, expiresAt, at]
      const standing = await readSettled<ApprovalRow>(db, REQUEST, given)
      if (!standing) throw new LockstepError('state.unavailable', 'the request was not kept')
      return readApprovalRow(standing)
    },
    async get(id) {
      checkText('id', id)
      return first(GET, [id, now()])
    },
    async findApproved(binding) {
      checkText('binding', binding)
      return first(FIND, [binding, now()])
    },
    async approve(id, { issuer, subject }) {
      checkText('id', id)
      checkText('approver.issuer', issuer)
      checkText('approver.subject', subject)
      return (await db.rows(APPROVE, [id, issuer, subject, now()])).length === 1
    },
    async use(id) {
      checkText('id', id)
      return (await db.rows(USE, [id, now()])).length === 1
    },
  }
}
