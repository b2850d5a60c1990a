import type { PGlite } from '@electric-sql/pglite'
import type { RevocationStore } from '@lockstep/core'
import { checkRevocation } from '../check-use.ts'
import { runStatement } from './run-statement.ts'

const REVOKE = `
  insert into revocations (name, revoked_until) values ($1, $2)
  on conflict (name) do update set revoked_until = greatest(revocations.revoked_until, excluded.revoked_until)`

/** Creates revocations over a PGlite database of the right format. Of any number of racers the latest time holds. */
export function createPgliteRevocations(db: PGlite): RevocationStore {
  return {
    async revoke(name, until) {
      checkRevocation(name, until)
      await runStatement(db, REVOKE, [name, until])
    },
  }
}
