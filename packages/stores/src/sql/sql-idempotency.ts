import { type Clock, type IdempotencyRecord, type IdempotencyStore, LockstepError } from '@lockstep/core'
import { checkAnswer } from '../check-answer.ts'
import { checkReservation } from '../check-reservation.ts'
import { checkResolution } from '../check-resolution.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import type { Database } from './database.ts'
import { markUnknown } from './mark-unknown.ts'
import { readSettled } from './read-settled.ts'

interface Row {
  readonly state: 'reserved' | 'committed' | 'unknown' | 'happened'
  readonly digest: string
  readonly call: string
  /** A `bigint`: some drivers read it as text. */
  readonly at: number | string
  readonly answer: string | null
}

const GET = `
  select state, digest, call, at, answer from {idempotency}
  where key = $1 and not (state = 'committed' and expires_at <= $2)`

/** Takes the place of an expired answer; else what stands already is returned. */
const RESERVE = `
  with made as (
    insert into {idempotency} as standing (key, state, digest, call, at, expires_at) values ($1, 'reserved', $2, $3, $5, $4)
    on conflict (key) do update set
      state = excluded.state, digest = excluded.digest, call = excluded.call, at = excluded.at,
      expires_at = excluded.expires_at, answer = null
    where standing.state = 'committed' and standing.expires_at <= $5
    returning *
  )
  select true as is_made, state, digest, call, at, answer from made
  union all
  select false, state, digest, call, at, answer from {idempotency} where key = $1 and not exists (select from made)`

const COMMIT = `
  update {idempotency} set state = 'committed', answer = $2 where key = $1 and state = 'reserved' returning 1`

const RELEASE = `delete from {idempotency} where key = $1 and call = $2 and state = 'reserved'`

const ABANDON = `update {idempotency} set state = 'unknown' where key = $1 and call = $2 and state = 'reserved'`

const UNRESOLVED = `select key, call, at from {idempotency} where state = 'unknown' order by at, key collate "C"`

const HAPPENED = `update {idempotency} set state = 'happened' where key = $1 and state = 'unknown' returning 1`

const DID_NOT_HAPPEN = `delete from {idempotency} where key = $1 and state = 'unknown' returning 1`

const FORGET = `delete from {idempotency} where state = 'committed' and expires_at <= $1`

/**
 * Creates an idempotency store over a database of the right format. Every change is one statement: of any number of racers
 * one reserves.
 *
 * INVARIANT: only an answer expires. A reservation, an unknown outcome and one that an operator closed stand for ever, because
 * time does not show whether an effect happened. A closed one still reads as `unknown`: there is no answer to give again.
 *
 * Where several processes share the database, none knows whose reservation is whose: with `longestCall`, one that is older (milliseconds)
 * counts as a call whose outcome is unknown.
 */
export function createSqlIdempotency(db: Database, clock: Clock, longestCall?: number): IdempotencyStore {
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())
  const giveUp = async () => {
    if (longestCall !== undefined) await markUnknown(db, now() - longestCall)
  }

  return {
    async get(key) {
      checkText('key', key)
      const [row] = await db.rows<Row>(GET, [key, now()])
      return row && readRow(row)
    },
    async reserve(key, entry) {
      checkReservation(key, entry)
      const at = now()
      if (forgetDue(at)) {
        await db.rows(FORGET, [at])
        await giveUp()
      }
      const given = [key, entry.digest, entry.call, entry.expiresAt, at]
      const row = await readSettled<Row & { readonly is_made: boolean }>(db, RESERVE, given)
      if (!row) throw new LockstepError('state.unavailable', 'the key was not reserved')
      return row.is_made ? undefined : readRow(row)
    },
    async commit(key, answer) {
      checkText('key', key)
      checkAnswer(answer)
      const rows = await db.rows(COMMIT, [key, answer])
      if (rows.length !== 1) throw new LockstepError('state.unavailable', 'the key is not reserved')
    },
    async release(key, call) {
      checkText('key', key)
      await db.rows(RELEASE, [key, call])
    },
    async abandon(key, call) {
      checkText('key', key)
      await db.rows(ABANDON, [key, call])
    },
    async unresolved() {
      await giveUp()
      const rows = await db.rows<{ key: string; call: string; at: number | string }>(UNRESOLVED, [])
      return rows.map(({ key, call, at }) => ({ key, call, at: Number(at) }))
    },
    async resolve(key, outcome) {
      checkText('key', key)
      checkResolution(outcome)
      return (await db.rows(outcome === 'happened' ? HAPPENED : DID_NOT_HAPPEN, [key])).length === 1
    },
  }
}

function readRow({ state, digest, call, answer, ...row }: Row): IdempotencyRecord {
  const at = Number(row.at)
  if (state === 'committed' && answer !== null) return { state, digest, call, at, answer }
  return { state: state === 'reserved' ? 'reserved' : 'unknown', digest, call, at }
}
