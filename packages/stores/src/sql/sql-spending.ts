import type { Clock, SpendingStore } from '@lockstep/core'
import { checkSpendingQuestion, checkSpendingReservation } from '../check-spending.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import { SPENDING_GRACE_MS } from '../spending-grace.ts'
import type { Database } from './database.ts'

/** Sums and heads are of one snapshot: a reservation is seen in both or in neither. */
const READ = `
  select place, asked.counter as name, heads.last as last_call, null::bigint as first_at, null::bigint as last_at, coalesce((
    select sum(amount) from {spending} as entries where entries.counter = asked.counter and entries.at > asked.since
  ), 0)::text as amount
  from unnest($1::text[], $2::bigint[]) with ordinality as asked (counter, since, place)
  left join {spending_heads} as heads using (counter)
  union all
  select null, name, null, first_at, last_at, times::text
  from {call_uses} where of = $3::text and last_at >= $6::bigint and (name = any($4::text[]) or starts_with(name, $5::text))`

/**
 * INVARIANT: the row of a counter's head is locked by whoever reserves, and whoever waited for it compares it as it is then: of any number of
 * racers that read the same head, one takes. In the order of the names, so that two never wait for each other. A head that was moved though another
 * one was not as read stays moved, which only has others read again: so each move makes a head that never was.
 */
const RESERVE = `
  with asked as (
    select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) as asked (counter, amount, forget_at, last)
  ), heads as (
    insert into {spending_heads} as standing (counter, last, previous, forget_at)
    select counter, $5::text || ' ' || gen_random_uuid(), last, forget_at from asked order by counter collate "C"
    on conflict (counter) do update set
      last = excluded.last, previous = excluded.previous, forget_at = greatest(standing.forget_at, excluded.forget_at)
    where standing.last = excluded.previous
    returning 1
  ), settled as (
    select (select count(*) from heads) = cardinality($1::text[]) as is_taken
  ), taken as (
    insert into {spending} (counter, call, amount, at, is_settled, expires_at, forget_at)
    select counter, $5::text, amount, $6::bigint, false, $7::bigint, forget_at from asked, settled where is_taken
  ), used as (
    insert into {call_uses} as standing (of, name, first_at, last_at, times, forget_at)
    select $8::text, name, $6::bigint, $6::bigint, 1, $11::bigint
    from unnest($9::text[]) as named (name), settled where is_taken order by name collate "C"
    on conflict (of, name) do update set
      first_at = case when standing.last_at < $10::bigint then excluded.first_at else least(standing.first_at, excluded.first_at) end,
      times = case when standing.last_at < $10::bigint then 1 else standing.times + 1 end,
      last_at = greatest(standing.last_at, excluded.last_at),
      forget_at = greatest(standing.forget_at, excluded.forget_at)
  )
  select is_taken from settled`

const SETTLE = 'update {spending} set is_settled = true where call = $1 and not is_settled'

const RELEASE = `
  with gone as (
    delete from {spending} where call = $1 and not is_settled returning 1
  ), returned as (
    select $4::boolean or exists (select from gone) as is_returned
  ), fewer as (
    update {call_uses} set times = times - 1 where of = $2::text and name = any($3::text[]) and times > 1
    and (select is_returned from returned)
  )
  delete from {call_uses} where of = $2::text and name = any($3::text[]) and times <= 1 and (select is_returned from returned)`

const UNRESOLVED = `
  select call, min(at) as at from {spending} where not is_settled and expires_at <= $1
  group by call order by min(at), call collate "C"`

const HAPPENED = `
  update {spending} set is_settled = true where call = $1 and not is_settled and expires_at <= $2 returning 1`

const DID_NOT_HAPPEN = `delete from {spending} where call = $1 and not is_settled and expires_at <= $2 returning 1`

const FORGET = `
  with entries as (delete from {spending} where forget_at <= $1), heads as (delete from {spending_heads} where forget_at <= $1)
  delete from {call_uses} where forget_at <= $1`

interface Row {
  /** Where in the question it stands; null for a use. */
  readonly place: number | string | null
  readonly name: string
  readonly last_call: string | null
  readonly amount: string
  readonly first_at: number | string | null
  readonly last_at: number | string | null
}

/** Creates what remembers spending over a database of the right format. Every change is one statement. */
export function createSqlSpending(db: Database, clock: Clock): SpendingStore {
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())

  return {
    async read(question) {
      checkSpendingQuestion(question)
      const { at, counters, uses } = question
      const rows = await db.rows<Row>(READ, [
        counters.map(({ counter }) => counter),
        counters.map(({ window }) => at - window),
        uses?.of ?? null,
        uses?.names ?? [],
        uses?.prefix ?? null,
        uses?.since ?? 0,
      ])
      const found = rows.filter(({ place }) => place !== null).sort((a, b) => Number(a.place) - Number(b.place))
      return {
        spent: found.map(({ name, last_call: last, amount }) => ({
          counter: name,
          // Beyond this nothing can be added anyway.
          amount: Math.min(Number(amount), Number.MAX_SAFE_INTEGER),
          ...(last === null ? {} : { last }),
        })),
        uses: rows
          .filter(({ place }) => place === null)
          .map(({ name, first_at: first, last_at: last, amount }) => ({
            name,
            first: Number(first),
            last: Number(last),
            times: Number(amount),
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      }
    },
    async reserve(reservation) {
      checkSpendingReservation(reservation)
      const { call, at, expiresAt, amounts, uses } = reservation
      const due = now()
      if (forgetDue(due)) await db.rows(FORGET, [due])
      const [row] = await db.rows<{ is_taken: boolean }>(RESERVE, [
        amounts.map(({ counter }) => counter),
        amounts.map(({ amount }) => amount),
        amounts.map(({ window }) => at + window + SPENDING_GRACE_MS),
        amounts.map(({ last }) => last ?? null),
        call,
        at,
        expiresAt,
        uses?.of ?? null,
        uses?.names ?? [],
        at - (uses?.remember ?? 0),
        at + (uses?.remember ?? 0) + SPENDING_GRACE_MS,
      ])
      return row?.is_taken === true
    },
    async settle(call) {
      checkText('call', call)
      await db.rows(SETTLE, [call])
    },
    async release(reservation) {
      checkSpendingReservation(reservation)
      const { call, amounts, uses } = reservation
      await db.rows(RELEASE, [call, uses?.of ?? null, uses?.names ?? [], amounts.length === 0])
    },
    async unresolved() {
      const rows = await db.rows<{ call: string; at: number | string }>(UNRESOLVED, [now()])
      return rows.map(({ call, at }) => ({ call, at: Number(at) }))
    },
    async resolve(call, outcome) {
      checkText('call', call)
      if (outcome !== 'happened' && outcome !== 'did-not-happen') throw new TypeError('`outcome` is not one')
      return (await db.rows(outcome === 'happened' ? HAPPENED : DID_NOT_HAPPEN, [call, now()])).length > 0
    },
  }
}
