import { type Clock, type Consumption, LockstepError, type SingleUse } from '@lockstep/core'
import { createForgetDue } from '../forget-due.ts'
import { SET_BACK_MS } from '../set-back.ts'
import { singleUseDigest } from '../single-use-digest.ts'
import type { Uses } from '../uses.ts'
import { waitForSecond } from '../wait-for-second.ts'
import { bornAt } from './born-at.ts'
import { createBatches } from './create-batches.ts'
import type { Database } from './database.ts'
import type { ProofMark } from './proof-mark.ts'

/** Which table remembers: `single_use` is logged, `proofs` is not and is empty after a crash of the database. */
type Table = 'single_use' | 'proofs'

/**
 * One statement decides on a batch: whether a name in it is revoked, what is too late, and of any number of racers, in this batch and
 * beside it, which one inserts. Where a name is revoked nothing is inserted. Sorted, so that two batches never wait for each other.
 */
const consume = (table: Table, born: string) => `
  with revoked as (
    select from unnest($5::text[], $6::bigint[]) as standing (name, issued_at)
    join {revocations} as revocations on revocations.name = standing.name and revoked_until >= standing.issued_at
  ),
  made as (
    insert into {${table}} (digest, expires_at)
    select decode(digest, 'base64'), expires_at
    from unnest($1::text[], $2::bigint[], $3::bigint[]) as asked (digest, issued_at, expires_at)
    where expires_at > (select greatest(max(forgotten_until), $4::bigint) from {single_use_horizon})
      and not exists (select from revoked)${born && ` and issued_at >= ${born} and ${born} <= $4::bigint`}
    order by digest
    on conflict do nothing
    returning digest
  )
  select (select string_agg(encode(digest, 'base64'), ',') from made) as made,
    exists (select from revoked) as revoked, ${born || '0'} as born`

/** Nothing, and therefore refused, where the table lost its birth. */
const STATEMENTS: Readonly<Record<Table, string>> = {
  single_use: consume('single_use', ''),
  proofs: consume('proofs', '(select born_at from {proofs_birth} where single)'),
}

/** What one batch came to: the digests that were inserted, whether a name in it is revoked, and when the table was born. */
interface BatchRow {
  readonly made: string | null
  readonly revoked: boolean
  readonly born: number | string | null
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

  async function run(uses: readonly SingleUse[]): Promise<readonly Consumption[]> {
    const now = Math.floor(clock())
    const cutoff = now - SET_BACK_MS
    if (forgetDue(now)) await db.rows(FORGET, [cutoff])
    await mark?.cover(Math.max(...uses.map(({ issuedAt }) => issuedAt)))
    const digests = uses.map(({ id }) => singleUseDigest(space, id))
    const standing = earliest(uses)
    const [row] = await db.rows<BatchRow>(STATEMENTS[table], [
      arrayOf(digests),
      arrayOf(uses.map(({ issuedAt }) => issuedAt)),
      arrayOf(uses.map(({ expiresAt }) => expiresAt)),
      now,
      arrayOf([...standing.keys()]),
      arrayOf([...standing.values()]),
    ])
    if (mark) await checkBirth(mark, row?.born ?? undefined, now)
    if (row?.revoked !== false) return uses.length === 1 ? ['revoked'] : runApart(uses)
    const made = new Set(row.made?.split(','))
    // Of several in one batch with the same id, the first has it.
    return digests.map((digest) => (made.delete(digest) ? 'consumed' : 'used'))
  }

  /** Some use in the batch is revoked: halves find out which, without holding the others back for long. */
  async function runApart(uses: readonly SingleUse[]): Promise<readonly Consumption[]> {
    const middle = uses.length >> 1
    return [...(await run(uses.slice(0, middle))), ...(await run(uses.slice(middle)))]
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
      return (
        (await db.rows(`select 1 from {${table}} where digest = decode($1, 'base64')`, [singleUseDigest(space, id)]))
          .length > 0
      )
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

/** An array as PostgreSQL reads it. Digests, names and numbers hold nothing to quote, which drivers look for in every element. */
function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}
