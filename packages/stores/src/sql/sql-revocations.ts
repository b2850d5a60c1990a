import type { RevocationStore } from '@lockstep/core'
import { checkRevocation } from '../check-use.ts'
import type { Database } from './database.ts'

const REVOKE = `
  insert into {revocations} as standing (name, revoked_until) values ($1, $2)
  on conflict (name) do update set revoked_until = greatest(standing.revoked_until, excluded.revoked_until)`

/** Creates revocations over a database of the right format. Of any number of racers the latest time holds. */
export function createSqlRevocations(db: Database): RevocationStore {
  return {
    async revoke(name, until) {
      checkRevocation(name, until)
      await db.rows(REVOKE, [name, until])
    },
  }
}
