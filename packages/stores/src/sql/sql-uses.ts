import { randomUUID } from 'node:crypto'
import { type Clock, type Consumption, LockstepError, type SingleUse } from '@lockstep/core'
import { createForgetDue } from '../forget-due.ts'
import { SET_BACK_MS } from '../set-back.ts'
import { singleUseDigest } from '../single-use-digest.ts'
import type { Uses } from '../uses.ts'
import { waitForSecond } from '../wait-for-second.ts'
import { type Asked, answerBatch, type BatchRow } from './answer-batch.ts'
import { bornAt } from './born-at.ts'
import { createBatches } from './create-batches.ts'
import type { Database } from './database.ts'
import type { ProofMark } from './proof-mark.ts'

/** Which table remembers: `single_use` is logged, `proofs` is not and is empty after a crash of the database. */
type Table = 'single_use' | 'proofs'

const BORN = '(select born_at from {proofs_birth} where single)'
const REVOKED = `
  from unnest($3::text[], $4::bigint[]) as standing (name, issued_at)
  join {revocations} as revocations using (name) where revoked_until >= standing.issued_at`

/**
 * One statement decides on a batch: it inserts all of it, or nothing where a name in it is revoked or a member is too late or too old. Of any
 * number of racers, in this batch and beside it, one inserts. It says how many were inserted and no more: there is no more to say of a batch
 * in which nothing is wrong, and to return and count the rows costs a fifth of what inserting them does.
 *
 * Inserted in the order given, so that two batches never wait for each other.
 */
const insertInto = (table: Table, isYoung: string) => `
  insert into {${table}} (digest, expires_at, batch)
  select digest, $5::bigint, $6::bigint from unnest($1::bigint[]) as asked (digest)
  where (
    select $7::bigint > greatest(forgotten_until, $2::bigint) and ${isYoung} and not exists (select ${REVOKED})
    from {single_use_horizon}
  )
  on conflict do nothing`

/** Asked where not all were inserted: which of them were, which are there, and what may be wrong with the rest. */
const explainIn = (table: Table, born: string) => `
  select greatest(max(forgotten_until), $2::bigint) as horizon, ${born} as born,
    (select string_agg(name || ':' || revoked_until, ',') ${REVOKED}) as revoked,
    (select string_agg(digest::text, ',') from {${table}} where digest = any($1::bigint[]) and batch = $5::bigint) as made,
    (select string_agg(digest::text, ',') from {${table}} where digest = any($1::bigint[])) as kept
  from {single_use_horizon}`

/** INVARIANT: where the table lost its birth, the comparison is null, and nothing is inserted. */
const INSERT: Readonly<Record<Table, string>> = {
  single_use: insertInto('single_use', '$8::bigint is not null'),
  proofs: insertInto('proofs', `least($8::bigint, $2::bigint) >= ${BORN}`),
}
const EXPLAIN: Readonly<Record<Table, string>> = {
  single_use: explainIn('single_use', 'null::bigint'),
  proofs: explainIn('proofs', BORN),
}

const BEAR = 'insert into {proofs_birth} (born_at) values ($1) on conflict do nothing'

const FORGET = `
  with uses as (delete from {single_use} where expires_at <= $1),
  proofs as (delete from {proofs} where expires_at <= $1)
  update {single_use_horizon} set forgotten_until = greatest(forgotten_until, $1) where forgotten_until < $1`

const LIMITS = { most: 128, inFlight: 2, waiting: 10_000 }
/**
 * While the database works on one half of the proofs, this process makes the other ready. Transaction tokens wait for the disk, the more of them
 * together the better.
 */
const LEAST: Readonly<Record<Table, number>> = { single_use: LIMITS.most, proofs: 16 }

/** What the uses rest on. */
export interface SqlUsesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly space: SingleUse['space']
  /** Remembers in an unlogged table, which a crash of the database empties. */
  readonly mark?: ProofMark | undefined
}

/**
 * Creates what remembers the uses of one space over a database of the right format. Ids are kept as digests, so the table shows nothing of a
 * token.
 *
 * INVARIANT: what was forgotten stays refused. The horizon moves in the statement that forgets, and an id that expires at or before it is
 * never consumed again, also after a restart and with a clock that was set back.
 *
 * INVARIANT: with a mark, what was lost stays refused. The birth of the unlogged table is a row in an unlogged table, so it is lost with
 * it; without it nothing is consumed, and the next one lies after every proof that was ever accepted.
 */
export function createSqlUses({ db, clock, space, mark }: SqlUsesOptions): Uses {
  const table: Table = mark ? 'proofs' : 'single_use'
  const forgetDue = createForgetDue(clock)
  // 64 bits. Whoever finds two ids with one digest has two of their own, and is refused the second.
  const digestOf = (id: string) => BigInt.asIntN(64, BigInt(`0x${singleUseDigest(space, id, 'hex').slice(0, 16)}`))

  async function run(uses: readonly SingleUse[]): Promise<readonly Consumption[]> {
    const now = Math.floor(clock())
    if (forgetDue(now)) await db.rows(FORGET, [now - SET_BACK_MS])
    await mark?.cover(timesOf(uses).issuedLast)
    const asked = uses.map((use): Asked => ({ use, digest: digestOf(use.id) }))
    // Who is refused is told and taken out, so what is left passes the next time, unless more of it was revoked meanwhile.
    for (let open = asked; open.length > 0; open = open.filter(({ answer }) => answer === undefined)) {
      await insert(open, now)
    }
    return asked.map(({ answer = 'used' }) => answer)
  }

  async function insert(asked: readonly Asked[], now: number): Promise<void> {
    const uses = asked.map(({ use }) => use)
    const digests = new BigInt64Array(asked.length)
    for (const [index, { digest }] of asked.entries()) digests[index] = digest
    const standing = earliest(uses)
    const { issuedFirst, expiresFirst, expiresLast } = timesOf(uses)
    const common = [digests.sort(), now, arrayOf([...standing.keys()]), arrayOf([...standing.values()])]
    const batch = drawBatch()
    const inserted = await db.change(INSERT[table], [
      ...common,
      // All are kept as long as the last of them must be.
      expiresLast,
      batch,
      expiresFirst,
      issuedFirst,
    ])
    if (inserted === asked.length) {
      for (const one of asked) one.answer = 'consumed'
      return
    }
    const [row] = await db.rows<BatchRow>(EXPLAIN[table], [...common, batch])
    if (mark) await checkBirth(mark, row?.born ?? undefined, now)
    if (!row) throw new LockstepError('state.unavailable', 'the horizon of single use is missing')
    answerBatch(asked, inserted, row)
  }

  async function checkBirth(proofMark: ProofMark, born: number | string | undefined, now: number): Promise<void> {
    if (born === undefined) await bear(proofMark)
    if (born === undefined || Number(born) > now) {
      throw new LockstepError(
        'state.unavailable',
        'the database lost the proofs that were used; it soon takes new ones',
      )
    }
  }

  const bear = async (proofMark: ProofMark) => void (await db.rows(BEAR, [await bornAt(proofMark, clock)]))

  return {
    consume: createBatches(run, { ...LIMITS, least: LEAST[table] }),
    async wasConsumed(id) {
      return (await db.rows(`select 1 from {${table}} where digest = $1::bigint`, [digestOf(id)])).length > 0
    },
    async open() {
      if (!mark) return
      await bear(mark)
      const [row] = await db.rows<{ born_at: number | string }>('select born_at from {proofs_birth}', [])
      await waitForSecond(Number(row?.born_at) - clock())
    },
  }
}

/** Every name that a batch stands under, once, with the earliest time: for one use alone that is exact. */
function earliest(uses: readonly SingleUse[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  // What one token stands under is worked out once, so its uses share the list.
  for (const standing of new Set(uses.map((use) => use.standing))) {
    for (const { name, issuedAt } of standing) times.set(name, Math.min(issuedAt, times.get(name) ?? issuedAt))
  }
  return times
}

/** Between which times a batch was issued and expires. */
function timesOf(uses: readonly SingleUse[]) {
  const times = { issuedFirst: Infinity, issuedLast: -Infinity, expiresFirst: Infinity, expiresLast: -Infinity }
  for (const { issuedAt, expiresAt } of uses) {
    times.issuedFirst = Math.min(times.issuedFirst, issuedAt)
    times.issuedLast = Math.max(times.issuedLast, issuedAt)
    times.expiresFirst = Math.min(times.expiresFirst, expiresAt)
    times.expiresLast = Math.max(times.expiresLast, expiresAt)
  }
  return times
}

/**
 * By this a batch knows its own rows. INVARIANT: no two batches have the same, of whichever instance: 62 bits that are drawn, here from what
 * randomUUID draws ahead, and they would have to race for the same id as well.
 */
function drawBatch(): bigint {
  return BigInt.asIntN(64, BigInt(`0x${randomUUID().slice(19).replace('-', '')}`))
}

/** An array as PostgreSQL reads it. Names and numbers hold nothing to quote, which drivers look for in every element. */
function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}
