import { createHash } from 'node:crypto'
import type { PGlite } from '@electric-sql/pglite'
import { type Clock, LockstepError, type SingleUseStore } from '@lockstep/core'
import { singleUseKey } from '../single-use-key.ts'

const CONSUME = `
  insert into single_use (digest, expires_at)
  select $1, $2 from single_use_horizon where $2::bigint > greatest(forgotten_until, $3::bigint)
  on conflict do nothing
  returning 1`

const FORGET = `
  with forgotten as (delete from single_use where expires_at <= $1)
  update single_use_horizon set forgotten_until = greatest(forgotten_until, $1)`

const FORGET_EVERY_MS = 10_000

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
  let forgetAt = clock() + FORGET_EVERY_MS

  async function forget(now: number): Promise<void> {
    if (now < forgetAt) return
    forgetAt = now + FORGET_EVERY_MS
    await db.query(FORGET, [now])
  }

  return {
    async consume(space, id, expiresAt) {
      const digest = createHash('sha256')
        .update(singleUseKey(space, id, expiresAt))
        .digest()
      const now = Math.floor(clock())
      try {
        await forget(now)
        const { rows } = await db.query(CONSUME, [digest, expiresAt, now])
        return rows.length === 1
      } catch (cause) {
        throw unavailable(cause)
      }
    },
  }
}

/** The database's own message may quote parameters, so of its error only the SQLSTATE is passed on. */
function unavailable(cause: unknown): LockstepError {
  const state = cause instanceof Error && 'code' in cause ? `SQLSTATE ${String(cause.code)}` : undefined
  return new LockstepError('state.unavailable', state)
}
