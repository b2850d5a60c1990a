import type { Standing } from '@lockstep/core'
import { checkStanding } from '../check-use.ts'
import type { Database } from './database.ts'

const REVOKED = `
  select from unnest($1::text[], $2::bigint[]) as standing (name, issued_at)
  join {revocations} as revocations on revocations.name = standing.name and revoked_until >= issued_at`

/** Whether one of these was revoked. Rejects with `state.unavailable`. */
export async function isRevoked(db: Database, standing: readonly Standing[]): Promise<boolean> {
  checkStanding(standing)
  const names = standing.map(({ name }) => name)
  const times = standing.map(({ issuedAt }) => issuedAt)
  const [row] = await db.rows<{ revoked: boolean }>(`select exists (${REVOKED}) as revoked`, [names, times])
  return row?.revoked !== false
}
