import { type Clock, type HistoryStore, LockstepError } from '@lockstep/core'
import { callerDigest } from '../caller-digest.ts'
import { checkLabels } from '../check-labels.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import { LABEL_GRACE_MS } from '../label-grace.ts'
import { createBatches } from './create-batches.ts'
import type { Database } from './database.ts'

/** The labels of several callers, each with whose it is. */
const LABELS = `
  select asked.caller, label from unnest($1::text[]) as asked (caller)
  join {history_labels} as standing on standing.caller = decode(asked.caller, 'hex')
  where expires_at > $2 order by label collate "C"`

const RAISE = `
  insert into {history_labels} as standing (caller, label, expires_at)
  select $1, label, $3 from unnest($2::text[]) as raised (label) order by label
  on conflict (caller, label) do update set expires_at = greatest(standing.expires_at, excluded.expires_at)`

const FORGET = 'delete from {history_labels} where expires_at <= $1'

/** Every call asks: those who come while the database answers others are answered together. */
const BATCHES = { most: 128, least: 16, inFlight: 2, waiting: 10_000 }

/**
 * Creates a history over a database of the right format. Callers are kept as digests. A label only ever lasts longer: of
 * any number of racers, the latest end holds.
 */
export function createSqlHistory(db: Database, clock: Clock): HistoryStore {
  const forgetDue = createForgetDue(clock)
  // INVARIANT: asked after the call for it came, so it holds whatever was raised before.
  const read = createBatches(async (callers: readonly string[]) => {
    const known = new Map<string, string[]>(callers.map((caller) => [caller, []]))
    const asked = `{${[...known.keys()].join(',')}}`
    const rows = await db.rows<{ caller: string; label: string }>(LABELS, [asked, Math.floor(clock())])
    for (const { caller, label } of rows) {
      const labels = known.get(caller)
      // INVARIANT: no label is left out because nobody knows whose it is.
      if (!labels) throw new LockstepError('state.unavailable', 'labels of nobody who was asked about')
      labels.push(label)
    }
    return callers.map((caller) => [...(known.get(caller) ?? [])])
  }, BATCHES)

  return {
    async labels(caller) {
      return read(callerDigest(caller).toString('hex'))
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
