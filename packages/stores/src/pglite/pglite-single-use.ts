import type { PGlite } from '@electric-sql/pglite'
import type { Clock, SingleUseStore, Standing } from '@lockstep/core'
import { checkStanding, checkUse, checkUseName } from '../check-use.ts'
import { createForgetDue } from '../forget-due.ts'
import { singleUseDigest } from '../single-use-digest.ts'
import { runStatement } from './run-statement.ts'

const REVOKED = `
  select 1 from unnest($1::text[], $2::bigint[]) as standing (name, issued_at)
  join revocations on revocations.name = standing.name and revocations.revoked_until >= standing.issued_at`

const CONSUME = `
  with revoked as (${REVOKED}),
  made as (
    insert into single_use (digest, expires_at)
    select $3, $4 from single_use_horizon
    where $4::bigint > greatest(forgotten_until, $5::bigint) and not exists (select from revoked)
    on conflict do nothing
    returning 1
  )
  select exists (select from revoked) as revoked, exists (select from made) as made`

const FORGET = `
  with forgotten as (delete from single_use where expires_at <= $1)
  update single_use_horizon set forgotten_until = greatest(forgotten_until, $1)`

/**
 * Creates a single-use store over a PGlite database of the right format. One statement decides: of any number of racers, one
 * inserts. Ids are kept as digests, so the table shows nothing of a token.
 *
 * INVARIANT: what was forgotten stays refused. The horizon moves in the statement that forgets, and an id that expires at or
 * before it is never consumed again, also after a restart and with a clock that was set back.
 *
 * Rejects with `state.unavailable` when the database does not answer, and with `TypeError` for a malformed id.
 */
export function createPgliteSingleUse(db: PGlite, clock: Clock): SingleUseStore {
  const forgetDue = createForgetDue(clock)

  return {
    async consume(use) {
      checkUse(use)
      const { space, id, expiresAt, standing } = use
      const now = Math.floor(clock())
      if (forgetDue(now)) await runStatement(db, FORGET, [now])
      const given = [...columns(standing), singleUseDigest(space, id), expiresAt, now]
      const [row] = await runStatement<{ revoked: boolean; made: boolean }>(db, CONSUME, given)
      return row?.revoked ? 'revoked' : row?.made ? 'consumed' : 'used'
    },
    async wasConsumed(space, id) {
      checkUseName(space, id)
      const rows = await runStatement(db, 'select 1 from single_use where digest = $1', [singleUseDigest(space, id)])
      return rows.length === 1
    },
    async isRevoked(standing) {
      checkStanding(standing)
      return (await runStatement(db, REVOKED, columns(standing))).length > 0
    },
  }
}

function columns(standing: readonly Standing[]): [string[], number[]] {
  return [standing.map(({ name }) => name), standing.map(({ issuedAt }) => issuedAt)]
}
