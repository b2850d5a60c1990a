import type { ApprovalEvent, ApprovalNotice, ApprovalOutbox, Clock } from '@lockstep/core'
import { MOST_LISTED } from '../approval-kept.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import { type ApprovalRow, readApprovalRow } from './approval-row.ts'
import type { Database } from './database.ts'

/** A notice beside the request that it is about. */
type NoticeRow = ApprovalRow & {
  readonly notice: string
  readonly event: ApprovalEvent
  readonly at: number | string
  readonly attempts: number
}

/** A notice whose holder died is due again when its lease is over. */
const TAKE = `
  with taken as (
    update {approval_notices} set due_at = $2, attempts = attempts + 1
    where id = (
      select id from {approval_notices} where not is_given_up and due_at <= $1
      order by due_at, at limit 1 for update skip locked
    )
    returning id as notice, approval, event, at, attempts
  )
  select taken.notice, taken.event, taken.at, taken.attempts, approvals.*
  from taken join {approvals} as approvals on approvals.id = taken.approval`

const GIVEN_UP = `
  select notices.id as notice, notices.event, notices.at, notices.attempts, approvals.*
  from {approval_notices} as notices join {approvals} as approvals on approvals.id = notices.approval
  where notices.is_given_up order by notices.at desc limit ${MOST_LISTED}`

/** Creates the outbox of the approvals in a database of the right format. */
export function createSqlOutbox(db: Database, clock: Clock): ApprovalOutbox {
  const now = () => Math.floor(clock())

  function noticeOf({ notice, event, at, attempts, ...row }: NoticeRow): ApprovalNotice {
    return { id: notice, event, at: Number(at), attempts, approval: readApprovalRow(row, now()) }
  }

  return {
    async take(leaseMs) {
      const at = now()
      const [row] = await db.rows<NoticeRow>(TAKE, [at, at + leaseMs])
      return row && noticeOf(row)
    },
    async delivered(id) {
      checkText('id', id)
      await db.rows('delete from {approval_notices} where id = $1', [id])
    },
    async retry(id, at) {
      checkText('id', id)
      checkTime('at', at)
      await db.rows('update {approval_notices} set due_at = $2 where id = $1', [id, at])
    },
    async giveUp(id) {
      checkText('id', id)
      await db.rows('update {approval_notices} set is_given_up = true where id = $1', [id])
    },
    givenUp: async () => (await db.rows<NoticeRow>(GIVEN_UP, [])).map(noticeOf),
  }
}
