import type { Clock, HistoryStore } from '@lockstep/core'
import { callerDigest } from '../caller-digest.ts'
import { checkLabels } from '../check-labels.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import { LABEL_GRACE_MS } from '../label-grace.ts'
import type { Database } from './database.ts'

const LABELS = 'select label from {history_labels} where caller = $1 and expires_at > $2 order by label collate "C"'

const RAISE = `
  insert into {history_labels} as standing (caller, label, expires_at)
  select $1, label, $3 from unnest($2::text[]) as raised (label) order by label
  on conflict (caller, label) do update set expires_at = greatest(standing.expires_at, excluded.expires_at)`

const FORGET = 'delete from {history_labels} where expires_at <= $1'

/**
 * Creates a history over a database of the right format. Callers are kept as digests. A label only ever lasts longer: of
 * any number of racers, the latest end holds.
 */
export function createSqlHistory(db: Database, clock: Clock): HistoryStore {
  const forgetDue = createForgetDue(clock)

  return {
    async labels(caller) {
      const rows = await db.rows<{ label: string }>(LABELS, [callerDigest(caller), Math.floor(clock())])
      return rows.map(({ label }) => label)
    },
    async raise(caller, labels, expiresAt) {
      const key = callerDigest(caller)
      const raised = checkLabels(labels)
      checkTime('expiresAt', expiresAt)
      const now = Math.floor(clock())
      if (forgetDue(now)) await db.rows(FORGET, [now - LABEL_GRACE_MS])
      await db.rows(RAISE, [key, raised, expiresAt])
    },
  }
}
