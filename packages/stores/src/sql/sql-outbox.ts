import type { ApprovalNotice, Clock, NoticeOutbox, Notices, ObligationNotice, ObligedNotice } from '@lockstep/core'
import { APPROVAL_KEPT_MS, MOST_LISTED, MOST_OBLIGED_NOTICES } from '../approval-kept.ts'
import { checkNotice } from '../check-notice.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import { type ApprovalRow, readApprovalRow } from './approval-row.ts'
import type { Database } from './database.ts'

/** A row of the table `approval_notices`. */
interface NoticeRow {
  readonly notice: string
  readonly event: ApprovalNotice['event'] | ObligedNotice['event']
  readonly at: number | string
  readonly attempts: number
  /** JSON, in notices about a call. */
  readonly obliged: string | null
}

/** One about a request, beside it. */
type AboutRequest = NoticeRow & ApprovalRow & { readonly event: ApprovalNotice['event'] }

/** What is kept already counts as kept, whether or not there is room. */
const PUT = `
  with room as (
    select not exists (
      select from {approval_notices} where event = 'obliged' and not is_given_up and id <> $1
      offset ${MOST_OBLIGED_NOTICES - 1} limit 1
    ) as is_left
  ), made as (
    insert into {approval_notices} (id, event, at, due_at, obliged)
    select $1, 'obliged', $2::bigint, $3::bigint, $4 from room where is_left
    on conflict do nothing
  )
  select is_left from room`

/** A notice whose holder died is due again when its lease is over. */
const take = (about: string) => `
  with taken as (
    update {approval_notices} set due_at = $2, attempts = attempts + 1
    where id = (
      select id from {approval_notices} where not is_given_up and due_at <= $1 and ${about}
      order by due_at, at limit 1 for update skip locked
    )
    returning id as notice, approval, event, at, attempts, obliged
  )`

const TAKE: Record<keyof Notices, string> = {
  approval: `${take(`event <> 'obliged'`)}
    select taken.notice, taken.event, taken.at, taken.attempts, approvals.*
    from taken join {approvals} as approvals on approvals.id = taken.approval`,
  obligation: `${take(`event = 'obliged'`)} select * from taken`,
}

const GIVEN_UP: Record<keyof Notices, string> = {
  approval: `
    select notices.id as notice, notices.event, notices.at, notices.attempts, approvals.*
    from {approval_notices} as notices join {approvals} as approvals on approvals.id = notices.approval
    where notices.is_given_up order by notices.at desc limit ${MOST_LISTED}`,
  obligation: `
    select id as notice, event, at, attempts, obliged from {approval_notices}
    where event = 'obliged' and is_given_up order by at desc limit ${MOST_LISTED}`,
}

const FORGET = `
  delete from {approval_notices} where id in (
    select id from {approval_notices} where event = 'obliged' and is_given_up and at <= $1 limit 1000
  )`

/** Creates the outbox of the approvals, and of obligations, in a database of the right format. */
export function createSqlOutbox(db: Database, clock: Clock): NoticeOutbox {
  const now = () => Math.floor(clock())
  const forgetDue = createForgetDue(clock)

  const read: { readonly [About in keyof Notices]: (row: NoticeRow) => Notices[About] } = {
    approval(row) {
      const { notice, event, at, attempts, ...approval } = row as AboutRequest
      return { id: notice, event, at: Number(at), attempts, approval: readApprovalRow(approval, now()) }
    },
    obligation({ notice, at, attempts, obliged }) {
      const told = JSON.parse(obliged ?? '') as ObligationNotice
      return { id: notice, event: 'obliged', at: Number(at), attempts, obliged: told }
    },
  }

  return {
    async put(notice) {
      const { id, at } = checkNotice(notice)
      const time = now()
      if (forgetDue(time)) await db.rows(FORGET, [time - APPROVAL_KEPT_MS])
      const [room] = await db.rows<{ is_left: boolean }>(PUT, [id, at, time, JSON.stringify(notice)])
      return room?.is_left === true
    },
    async take(about, leaseMs) {
      const at = now()
      const [row] = await db.rows<NoticeRow>(TAKE[about], [at, at + leaseMs])
      return row && read[about](row)
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
    givenUp: async (about) => (await db.rows<NoticeRow>(GIVEN_UP[about], [])).map(read[about]),
  }
}
