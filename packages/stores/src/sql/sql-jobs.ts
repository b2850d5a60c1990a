import { type Clock, type JobEnd, type JobRecord, type JobState, type JobStore, LockstepError } from '@lockstep/core'
import { checkAnswer } from '../check-answer.ts'
import { checkJob, checkLease } from '../check-job.ts'
import { checkResolution } from '../check-resolution.ts'
import { checkText } from '../check-text.ts'
import { checkStanding } from '../check-use.ts'
import { createForgetDue } from '../forget-due.ts'
import { jobNow, refuseStart } from '../job-state.ts'
import type { Database } from './database.ts'

/** A row of the table `jobs`. Some drivers read a `bigint` as text. */
interface Row {
  readonly id: string
  readonly digest: string
  readonly issuer: string
  readonly subject: string
  readonly actor: string
  readonly tool: string
  readonly purpose: string
  readonly call: string
  readonly trace: string
  readonly granted_at: number | string
  readonly expires_at: number | string
  readonly most_starts: number
  readonly state: JobState
  readonly starts: number
  readonly changed_at: number | string
  readonly runner: string | null
  readonly leased_until: number | string | null
  readonly answer: string | null
}

const GRANT = `
  insert into {jobs} (id, digest, issuer, subject, actor, tool, purpose, call, trace, granted_at, expires_at, most_starts, state, starts, changed_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', 0, $10)
  on conflict do nothing returning 1`

const REVOKED = `
  select from unnest($6::text[], $7::bigint[]) as standing (name, issued_at)
  join {revocations} as revocations on revocations.name = standing.name and revoked_until >= issued_at`

/** The job as it was before, and whether this changed it: of any number of racers one does. */
const START = `
  with started as (
    update {jobs} set state = 'running', starts = starts + 1, runner = $3, leased_until = $4, changed_at = $5
    where id = $1 and digest = $2 and state = 'waiting' and expires_at > $5
      and not exists (${REVOKED})
    returning 1
  )
  select exists (select from started) as is_started, exists (${REVOKED}) as is_revoked, job.*
  from (select) as one left join {jobs} as job on job.id = $1 and job.digest = $2`

const RENEW = `
  update {jobs} set leased_until = $3
  where id = $1 and runner = $2 and state = 'running' and leased_until > $4 returning 1`

const END = `
  update {jobs} set
    state = case $3
      when 'not-started' then 'waiting'
      when 'refused' then 'failed'
      when 'failed' then case when starts < most_starts then 'waiting' else 'failed' end
      else $3 end,
    starts = starts - case $3 when 'not-started' then 1 else 0 end,
    answer = coalesce($4, answer), changed_at = $5, leased_until = null,
    runner = case $3 when 'unknown' then runner end
  where id = $1 and runner = $2 and state = 'running' returning 1`

const CANCEL = `
  update {jobs} set state = 'cancelled', changed_at = $2, runner = null, leased_until = null
  where id = $1 and (state = 'waiting' and expires_at > $2 or state = 'running' and leased_until > $2) returning 1`

const RESOLVE = `
  update {jobs} set
    state = $2, starts = starts - case $2 when 'waiting' then 1 else 0 end, changed_at = $3, runner = null, leased_until = null
  where id = $1 and (state = 'unknown' or state = 'running' and leased_until <= $3) returning 1`

const OPEN = `select * from {jobs} where state in ('waiting', 'running', 'unknown') order by granted_at, id collate "C"`

const FORGET = `delete from {jobs} where expires_at <= $1 and state not in ('running', 'unknown')`

/** Creates a store of jobs over a database of the right format. Every change is one statement. */
export function createSqlJobs(db: Database, clock: Clock): JobStore {
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())
  const changes = async (sql: string, parameters: readonly unknown[]) => (await db.rows(sql, parameters)).length === 1

  return {
    async grant(grant) {
      const { id, digest, issuer, subject, actor, tool, purpose, call, trace, ...rest } = checkJob(grant)
      const at = now()
      if (forgetDue(at)) await db.rows(FORGET, [at])
      const texts = [id, digest, issuer, subject, actor, tool, purpose, call, trace]
      if (!(await changes(GRANT, [...texts, rest.grantedAt, rest.expiresAt, rest.mostStarts]))) {
        throw new LockstepError('state.unavailable', 'the job is there already')
      }
    },
    async get(id) {
      checkText('id', id)
      const [row] = await db.rows<Row>('select * from {jobs} where id = $1', [id])
      return row && readRow(row, now())
    },
    async start(id, digest, lease, standing) {
      checkText('id', id)
      checkText('digest', digest)
      checkLease(lease)
      checkStanding(standing)
      const at = now()
      const names = standing.map(({ name }) => name)
      const times = standing.map(({ issuedAt }) => issuedAt)
      const [row] = await db.rows<Started>(START, [id, digest, lease.runner, lease.until, at, names, times])
      if (row?.is_started === true) return 'started'
      const job = row?.id === null || row === undefined ? undefined : readRow(row, at)
      // A racer that was ahead by less than this statement sees: it runs.
      return refuseStart(job, row?.is_revoked === true) ?? 'running'
    },
    async renew(id, { runner, until }) {
      checkText('id', id)
      checkLease({ runner, until })
      return changes(RENEW, [id, runner, until, now()])
    },
    async end(id, runner, end: JobEnd, answer) {
      checkText('id', id)
      checkText('runner', runner)
      if (answer !== undefined) checkAnswer(answer)
      return changes(END, [id, runner, end, answer ?? null, now()])
    },
    async cancel(id) {
      checkText('id', id)
      return changes(CANCEL, [id, now()])
    },
    async open() {
      const at = now()
      return (await db.rows<Row>(OPEN, [])).flatMap((row) => readRow(row, at) ?? [])
    },
    async resolve(id, outcome) {
      checkText('id', id)
      checkResolution(outcome)
      return changes(RESOLVE, [id, outcome === 'happened' ? 'completed' : 'waiting', now()])
    },
  }
}

type Started = { readonly is_started: boolean; readonly is_revoked: boolean } & (Row | { readonly id: null })

function readRow(row: Row, now: number): JobRecord | undefined {
  const { id, digest, issuer, subject, actor, tool, purpose, call, trace, state, starts, runner, answer } = row
  const kept = {
    ...{ id, digest, issuer, subject, actor, tool, purpose, call, trace, state, starts },
    grantedAt: Number(row.granted_at),
    expiresAt: Number(row.expires_at),
    mostStarts: row.most_starts,
    changedAt: Number(row.changed_at),
    ...(runner === null ? {} : { runner }),
    ...(row.leased_until === null ? {} : { leasedUntil: Number(row.leased_until) }),
    ...(answer === null ? {} : { answer }),
  }
  return jobNow(kept, now)
}
