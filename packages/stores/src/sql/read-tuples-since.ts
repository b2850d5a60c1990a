import { LockstepError, type RelationTuple, type TupleDelta } from '@lockstep/core'
import type { Database } from './database.ts'

/** A page of changed tuples, and the head as it was in the same moment. */
const PAGE = `
  select head.revision as head, head.forgotten_until, page.*
  from {relation_head} as head left join lateral (
    select object, relation, subject, revision, is_removed from {relation_tuples}
    where revision > $1 order by revision limit $2
  ) as page on true
  order by page.revision`

const MOST_TRIES = 5

interface Row {
  /** These three are `bigint`: some drivers read them as text. */
  readonly head: number | string
  readonly forgotten_until: number | string
  readonly revision: number | string | null
  readonly object: string
  readonly relation: string
  readonly subject: string
  readonly is_removed: boolean
}

/**
 * Reads what changed after a revision, in pages of so many rows. What changes between two pages comes again in a later one, so the last page
 * completes the state of its own revision. Rejects with `state.unavailable`.
 */
export async function readTuplesSince(db: Database, known: number, page: number): Promise<TupleDelta> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const [first] = await db.rows<Row>(PAGE, [known, 1])
    if (!first) break
    const head = Number(first.head)
    if (head === known) return { revision: known, whole: false, written: [], removed: [] }
    // Another past than ours (a database that was put back), or one of which a part is forgotten.
    const whole = known > head || known < Number(first.forgotten_until) || known === 0
    const found = await readPages(db, whole ? 0 : known, page)
    // INVARIANT: what was taken away while pages were read is still remembered, or all is read again.
    if (found.forgottenUntil <= (whole ? head : known))
      return whole ? { ...found.delta, whole, removed: [] } : { ...found.delta, whole }
  }
  throw new LockstepError('state.unavailable', 'the tuples change faster than they are read')
}

async function readPages(db: Database, from: number, page: number) {
  const written = new Map<string, RelationTuple>()
  const removed = new Map<string, RelationTuple>()
  let known = from
  for (;;) {
    const begin = known
    const rows = await db.rows<Row>(PAGE, [known, page])
    const [first] = rows
    if (!first) throw new LockstepError('state.unavailable', 'the tuples have no revision')
    const changed = rows.filter(({ revision }) => revision !== null)
    const isFull = changed.length === page
    // Of a full page the last revision may be cut in the middle: it begins the next one.
    const end = Number(changed.at(-1)?.revision)
    for (const { object, relation, subject, revision, is_removed: isRemoved } of changed) {
      if (isFull && Number(revision) === end) continue
      known = Number(revision)
      const key = JSON.stringify([object, relation, subject])
      const [to, other] = isRemoved ? [removed, written] : [written, removed]
      other.delete(key)
      to.set(key, { user: subject, relation, object })
    }
    if (isFull && known > begin) continue
    if (isFull) throw new LockstepError('state.unavailable', 'a change has more tuples than a page')
    const delta = { revision: Number(first.head), written: [...written.values()], removed: [...removed.values()] }
    return { delta, forgottenUntil: Number(first.forgotten_until) }
  }
}
