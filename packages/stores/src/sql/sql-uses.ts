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

/**
 * One statement decides on a batch: it inserts all of it, or nothing where a name in it is revoked or a member is too late or too old. It then
 * says by what, so that those are told and the rest is asked again. Of any number of racers, in this batch and beside it, one inserts.
 * Sorted, so that two batches never wait for each other. What is common is cheap: digests are named only when not all were inserted.
 */
const consume = (table: Table, born: string) => `
  with bounds as (
    select greatest(max(forgotten_until), $3::bigint) as horizon, ${born} as born, (
      select string_agg(name || ':' || revoked_until, ',')
      from unnest($4::text[], $5::bigint[]) as standing (name, issued_at)
      join {revocations} as revocations using (name) where revoked_until >= standing.issued_at
    ) as revoked
    from {single_use_horizon}
  ),
  judged as (
    select *, revoked is null and $6::bigint > horizon and $7::bigint >= born and $3::bigint >= born as passed from bounds
  ),
  made as (
    insert into {${table}} (digest, expires_at)
    select digest, expires_at from unnest($1::uuid[], $2::bigint[]) as asked (digest, expires_at)
    where (select passed from judged)
    order by digest
    on conflict do nothing
    returning digest
  ),
  counted as (select count(*)::int as made from made)
  select passed, horizon, born, revoked, made,
    (select string_agg(replace(digest::text, '-', ''), ',') from made where (select made < $8::int from counted)) as digests
  from judged, counted`

/** Nothing, and therefore refused, where the table lost its birth. */
const STATEMENTS: Readonly<Record<Table, string>> = {
  single_use: consume('single_use', `${Number.MIN_SAFE_INTEGER}::bigint`),
  proofs: consume('proofs', '(select born_at from {proofs_birth} where single)'),
}

const BEAR = 'insert into {proofs_birth} (born_at) values ($1) on conflict do nothing'

const FORGET = `
  with uses as (delete from {single_use} where expires_at <= $1),
  proofs as (delete from {proofs} where expires_at <= $1)
  update {single_use_horizon} set forgotten_until = greatest(forgotten_until, $1) where forgotten_until < $1`

const LIMITS = { most: 128, inFlight: 2, waiting: 10_000 }

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
  // 128 bits, hexadecimal. Whoever finds two ids with one digest has two of their own, and is refused the second.
  const keyOf = (id: string) => singleUseDigest(space, id, 'hex').slice(0, 32)

  async function run(uses: readonly SingleUse[]): Promise<readonly Consumption[]> {
    const now = Math.floor(clock())
    if (forgetDue(now)) await db.rows(FORGET, [now - SET_BACK_MS])
    await mark?.cover(extreme(Math.max, uses, 'issuedAt'))
    const asked = uses.map((use): Asked => ({ use, digest: keyOf(use.id) }))
    // Who is refused is told and taken out, so what is left passes the next time, unless more of it was revoked meanwhile.
    for (let open = asked; open.length > 0; open = open.filter(({ answer }) => answer === undefined)) {
      answerBatch(open, await insert(open, now))
    }
    return asked.map(({ answer = 'used' }) => answer)
  }

  async function insert(asked: readonly Asked[], now: number): Promise<BatchRow> {
    const uses = asked.map(({ use }) => use)
    const standing = earliest(uses)
    const [row] = await db.rows<BatchRow>(STATEMENTS[table], [
      arrayOf(asked.map(({ digest }) => digest)),
      arrayOf(uses.map(({ expiresAt }) => expiresAt)),
      now,
      arrayOf([...standing.keys()]),
      arrayOf([...standing.values()]),
      extreme(Math.min, uses, 'expiresAt'),
      extreme(Math.min, uses, 'issuedAt'),
      uses.length,
    ])
    if (mark) await checkBirth(mark, row?.born ?? undefined, now)
    if (!row) throw new LockstepError('state.unavailable', 'the horizon of single use is missing')
    return row
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
    consume: createBatches(run, LIMITS),
    async wasConsumed(id) {
      return (await db.rows(`select 1 from {${table}} where digest = $1::uuid`, [keyOf(id)])).length > 0
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

function extreme(
  pick: (...values: number[]) => number,
  uses: readonly SingleUse[],
  time: 'issuedAt' | 'expiresAt',
): number {
  return pick(...uses.map((use) => use[time]))
}

/** An array as PostgreSQL reads it. Digests, names and numbers hold nothing to quote, which drivers look for in every element. */
function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}
