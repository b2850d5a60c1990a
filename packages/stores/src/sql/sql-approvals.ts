import {
  type Approval,
  type ApprovalBounds,
  type ApprovalRequest,
  type ApprovalStore,
  type Clock,
  LockstepError,
} from '@lockstep/core'
import { APPROVAL_KEPT_MS, MOST_LISTED } from '../approval-kept.ts'
import { checkApproval, checkBounds, checkConsent, checkPerson } from '../check-approval.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import { type ApprovalRow, readApprovalRow, type Said } from './approval-row.ts'
import type { Database } from './database.ts'
import { createSqlOutbox } from './sql-outbox.ts'

/**
 * A request takes a free place among those that wait of its caller, and one among those that ask the same people: two unique indexes hold the
 * bounds, however many race. What stands for the binding is returned where it could not be made.
 */
const REQUEST = `
  with places as (
    select (
      select n from (
        select n from generate_series(1, $13::integer) n
        except
        select caller_place from {approvals}
        where issuer = $3 and subject = $4 and actor = $5 and caller_place is not null and expires_at > $12
      ) free order by random() limit 1
    ) as of_caller, (
      select n from (
        select n from generate_series(1, $14::integer) n
        except
        select asked_place from {approvals} where asked = $9 and asked_place is not null and expires_at > $12
      ) free order by random() limit 1
    ) as of_asked
  ), made as (
    insert into {approvals}
      (id, binding, issuer, subject, actor, tool, resource_type, resource_id, asked, said, requested_at, expires_at,
       state, is_standing, caller_place, asked_place, is_told)
    select
      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint, $15::bigint, 'pending', true, of_caller, of_asked, $16::boolean
    from places where of_caller is not null and of_asked is not null
    on conflict do nothing
    returning *
  ), told as (
    insert into {approval_notices} (id, approval, event, at, due_at)
    select id || '.requested', id, 'requested', $12, $12 from made where is_told
  )
  select * from made
  union all
  select * from {approvals} where binding = $2 and is_standing and expires_at > $12 and not exists (select from made)`

/** Whether as many wait as may. */
const FULL = `
  select (
    select count(*) from {approvals}
    where issuer = $1 and subject = $2 and actor = $3 and caller_place is not null and expires_at > $5
  ) >= $6::integer or (
    select count(*) from {approvals} where asked = $4 and asked_place is not null and expires_at > $5
  ) >= $7::integer as full`

const GET = 'select * from {approvals} where id = $1'

const STANDING = 'select * from {approvals} where binding = $1 and is_standing and expires_at > $2'

const REQUESTED_BY = `
  select * from {approvals} where issuer = $1 and subject = $2 and actor = $3
  order by requested_at desc, id limit ${MOST_LISTED}`

const WAITING_FOR = `
  select * from {approvals}
  where state = 'pending' and expires_at > $2 and string_to_array(asked, ' ') && string_to_array($1, ' ')
  order by requested_at, id limit ${MOST_LISTED}`

const LIST = `select * from {approvals} order by requested_at desc, id limit ${MOST_LISTED}`

const CONSENT = `
  with done as (
    update {approvals} set
      consents = $3, given = given + 1, state = $4,
      caller_place = case when $4 = 'approved' then null else caller_place end,
      asked_place = case when $4 = 'approved' then null else asked_place end
    where id = $1 and state = 'pending' and given = $2 and expires_at > $5
    returning id, given, is_told
  ), told as (
    insert into {approval_notices} (id, approval, event, at, due_at)
    select id || '.consented.' || given, id, 'decided', $5, $5 from done where is_told
  )
  select 1 from done`

const DENY = `
  with done as (
    update {approvals} set
      state = 'denied', ended_at = $2, ended_by = $3, expires_at = greatest(expires_at, $4),
      caller_place = null, asked_place = null
    where id = $1 and state in ('pending', 'approved') and expires_at > $2
    returning id, is_told
  ), told as (
    insert into {approval_notices} (id, approval, event, at, due_at)
    select id || '.denied', id, 'decided', $2, $2 from done where is_told
  )
  select 1 from done`

const WITHDRAW = `
  with done as (
    update {approvals} set
      state = 'withdrawn', is_standing = false, ended_at = $2, ended_by = $3, caller_place = null, asked_place = null
    where id = $1 and state in ('pending', 'approved') and expires_at > $2
    returning id, is_told
  ), told as (
    insert into {approval_notices} (id, approval, event, at, due_at)
    select id || '.withdrawn', id, 'withdrawn', $2, $2 from done where is_told
  )
  select 1 from done`

const USE = `
  update {approvals} set state = 'used', is_standing = false, ended_at = $2
  where id = $1 and state = 'approved' and expires_at > $2
  returning 1`

/** A denial that is over leaves its binding free and stays a denial. */
const EXPIRE = `
  with due as (
    select id from {approvals} where is_standing and expires_at <= $1
    order by expires_at limit 500 for update skip locked
  ), over as (
    update {approvals} as standing set
      is_standing = false, caller_place = null, asked_place = null,
      state = case standing.state when 'denied' then 'denied' else 'expired' end,
      ended_at = coalesce(standing.ended_at, standing.expires_at)
    from due where standing.id = due.id
    returning standing.id, standing.state, standing.is_told
  ), told as (
    insert into {approval_notices} (id, approval, event, at, due_at)
    select id || '.expired', id, 'expired', $1, $1 from over where is_told and state = 'expired'
    on conflict do nothing
  )
  select count(*)::integer as ended from over`

const FORGET = `
  delete from {approvals} where id in (
    select id from {approvals} where expires_at <= $1 and not is_standing limit 1000
  )`

/** Racers for the last places draw again; every round one of them finds one. */
const MOST_TRIES = 64

/** Creates an approval store over a database of the right format. Every change is one statement: of any number of racers one wins. */
export function createSqlApprovals(db: Database, clock: Clock): ApprovalStore {
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())

  async function read(sql: string, parameters: readonly unknown[]): Promise<readonly Approval[]> {
    const rows = await db.rows<ApprovalRow>(sql, parameters)
    const at = now()
    return rows.map((row) => readApprovalRow(row, at))
  }
  const happens = async (sql: string, parameters: readonly unknown[]) => (await db.rows(sql, parameters)).length === 1
  const expire = async () => (await db.rows<{ ended: number }>(EXPIRE, [now()]))[0]?.ended ?? 0

  async function make(request: ApprovalRequest, bounds: ApprovalBounds): Promise<Approval | undefined> {
    const { id, binding, issuer, subject, actor, tool, resource, requestedAt, expiresAt, chain, needed, shown } =
      request
    const asked = request.asked.join(' ')
    const said: Said = { chain, needed, shown }
    const about = [resource?.type ?? null, resource?.id ?? null]
    const given = [id, binding, issuer, subject, actor, tool, ...about, asked, JSON.stringify(said), requestedAt]
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const at = now()
      const [made] = await read(REQUEST, [...given, at, bounds.caller, bounds.asked, expiresAt, bounds.notify])
      if (made) return made
      // What has expired may still hold a place, or the binding.
      if ((await expire()) > 0) continue
      const among = [issuer, subject, actor, asked, at, bounds.caller, bounds.asked]
      if ((await db.rows<{ full: boolean }>(FULL, among))[0]?.full) return undefined
    }
    throw new LockstepError('state.unavailable', 'the request was not kept')
  }

  return {
    async request(approval, bounds) {
      checkBounds(bounds)
      const request = checkApproval(approval)
      const at = now()
      if (forgetDue(at)) {
        // What stands is not forgotten, and without a notifier nobody else says that it expired.
        await expire()
        await db.rows(FORGET, [at - APPROVAL_KEPT_MS])
      }
      return make(request, bounds)
    },
    async get(id) {
      checkText('id', id)
      return (await read(GET, [id]))[0]
    },
    async standing(binding) {
      checkText('binding', binding)
      return (await read(STANDING, [binding, now()]))[0]
    },
    async requestedBy({ issuer, subject, actor }) {
      for (const [name, value] of Object.entries({ issuer, subject, actor })) checkText(name, value)
      return read(REQUESTED_BY, [issuer, subject, actor])
    },
    async waitingFor(asked) {
      return asked.length === 0 ? [] : read(WAITING_FOR, [asked.join(' '), now()])
    },
    list: () => read(LIST, []),
    async consent(id, given, consent, isComplete) {
      checkText('id', id)
      const added = checkConsent(consent)
      const before = (await read(GET, [id]))[0]
      if (before?.consents.length !== given) return false
      const consents = JSON.stringify([...before.consents, added])
      return happens(CONSENT, [id, given, consents, isComplete ? 'approved' : 'pending', now()])
    },
    async deny(id, by, until) {
      checkText('id', id)
      checkTime('until', until)
      return happens(DENY, [id, now(), JSON.stringify(checkPerson(by)), until])
    },
    async withdraw(id, by) {
      checkText('id', id)
      return happens(WITHDRAW, [id, now(), by ? JSON.stringify(checkPerson(by)) : null])
    },
    async use(id) {
      checkText('id', id)
      return happens(USE, [id, now()])
    },
    expire,
    outbox: createSqlOutbox(db, clock),
  }
}
