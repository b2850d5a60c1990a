import { RESTORED, type RevocationNotice, type RevocationStore, UNTIL_RESTORED } from '@lockstep/core'
import { checkRevocation } from '../check-use.ts'
import type { Database } from './database.ts'

/** A row of the table. Drivers return a `bigint` as text. */
export interface RevocationRow {
  readonly name: string
  readonly revoked_until: number | string
  readonly revision: number | string
}

/** INVARIANT: told in the statement that revokes, so that whoever listens hears of every revocation that counts and of no other. */
const told = (change: string, channel: string) => `
  with changed as (${change} returning standing.name, standing.revoked_until, standing.revision)
  select name, revoked_until, revision,
    pg_notify(${channel}, concat_ws(' ', name, revoked_until, revision)) is null as told from changed`

const REVOKE = told(
  `insert into {revocations} as standing (name, revoked_until) values ($1, $2)
  on conflict (name) do update set
    revoked_until = greatest(standing.revoked_until, excluded.revoked_until), revision = standing.revision + 1`,
  '$3',
)

const RESTORE = told(
  `update {revocations} as standing set revoked_until = ${RESTORED}, revision = standing.revision + 1
  where name = $1 and revoked_until = ${UNTIL_RESTORED}`,
  '$2',
)

/** What revocations rest on. */
export interface SqlRevocationsOptions {
  readonly db: Database
  /** Where other instances listen. */
  readonly channel: string
  /** Told in this process of what it revoked, before it resolves. */
  readonly tell: (notice: RevocationNotice) => void
}

/** Creates revocations over a database of the right format. Of any number of racers the latest time holds. */
export function createSqlRevocations({ db, channel, tell }: SqlRevocationsOptions): RevocationStore {
  return {
    async revoke(name, until) {
      checkRevocation(name, until)
      for (const row of await db.rows<RevocationRow>(REVOKE, [name, until, channel])) tell(noticeOf(row))
    },
    async restore(name) {
      checkRevocation(name, RESTORED)
      const rows = await db.rows<RevocationRow>(RESTORE, [name, channel])
      for (const row of rows) tell(noticeOf(row))
      return rows.length > 0
    },
  }
}

/** What a row says to whoever listens. */
export function noticeOf({ name, revoked_until, revision }: RevocationRow): RevocationNotice {
  return { name, until: Number(revoked_until), revision: Number(revision) }
}
