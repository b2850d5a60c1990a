import { createHash } from 'node:crypto'
import type { PGlite } from '@electric-sql/pglite'
import type { Clock, SingleUseStore } from '@lockstep/core'
import { createForgetDue } from '../forget-due.ts'
import { singleUseKey } from '../single-use-key.ts'
import { runStatement } from './run-statement.ts'

const CONSUME = `
  insert into single_use (digest, expires_at)
  select $1, $2 from single_use_horizon where $2::bigint > greatest(forgotten_until, $3::bigint)
  on conflict do nothing
  returning 1`

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
    async consume(space, id, expiresAt) {
      const digest = createHash('sha256')
        .update(singleUseKey(space, id, expiresAt))
        .digest()
      const now = Math.floor(clock())
      if (forgetDue(now)) await runStatement(db, FORGET, [now])
      return (await runStatement(db, CONSUME, [digest, expiresAt, now])).length === 1
    },
    async wasConsumed(space, id) {
      const digest = createHash('sha256').update(singleUseKey(space, id)).digest()
      return (await runStatement(db, 'select 1 from single_use where digest = $1', [digest])).length === 1
    },
  }
}
