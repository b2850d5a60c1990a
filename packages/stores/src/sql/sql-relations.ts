import { LockstepError, type RelationTuple, type RelationTuples, type TupleDelta } from '@lockstep/core'
import { type CheckedChange, checkRevision, checkTuples, MOST_KEPT } from '../check-tuples.ts'
import { planChange } from '../plan-change.ts'
import type { Database } from './database.ts'
import { readTuplesSince } from './read-tuples-since.ts'

/** Bounds of {@link createSqlRelations}. */
export interface SqlRelationsLimits {
  /** Tuples that are kept. @defaultValue 1000000 */
  readonly most?: number | undefined
  /** Changes for which a tuple that was taken away is remembered, for those who know an earlier revision. @defaultValue 10000 */
  readonly remembered?: number | undefined
  /** Rows that are read at a time: more than one change may have. @defaultValue 20000 */
  readonly page?: number | undefined
}

/** Every failed try is another instance's change that succeeded. */
const MOST_TRIES = 100
/** Changes between two looks for what can be forgotten. */
const FORGET_EVERY = 100

const STANDING = `
  select head.revision, head.tuples, found.object, found.relation, found.subject
  from {relation_head} as head left join (
    select object, relation, subject from {relation_tuples}
    join unnest($1::text[], $2::text[], $3::text[]) as asked (object, relation, subject) using (object, relation, subject)
    where not is_removed
  ) as found on true`

/**
 * INVARIANT: only the change that was planned on the present revision happens. Whoever comes second waits for the one row of the head, finds
 * another revision there and changes nothing; so changes are committed in the order of their revisions.
 */
const CHANGE = `
  with head as (
    update {relation_head} set revision = revision + 1, tuples = tuples + $8 where revision = $7 returning revision
  ), removed as (
    update {relation_tuples} as standing set is_removed = true, revision = head.revision
    from head, unnest($1::text[], $2::text[], $3::text[]) as gone (object, relation, subject)
    where (standing.object, standing.relation, standing.subject) = (gone.object, gone.relation, gone.subject)
  ), added as (
    insert into {relation_tuples} (object, relation, subject, revision, is_removed)
    select came.object, came.relation, came.subject, head.revision, false
    from head, unnest($4::text[], $5::text[], $6::text[]) as came (object, relation, subject)
    on conflict (object, relation, subject) do update set revision = excluded.revision, is_removed = false
  )
  select revision from head`

const FORGET = `
  with head as (update {relation_head} set forgotten_until = greatest(forgotten_until, $1) returning forgotten_until)
  delete from {relation_tuples} using head where is_removed and revision <= head.forgotten_until and revision <= $1`

interface Found {
  /** A `bigint`: some drivers read it as text. */
  readonly revision: number | string
  readonly tuples: number | string
  readonly object: string | null
  readonly relation: string | null
  readonly subject: string | null
}

/** Creates relationship tuples over a database of the right format. */
export function createSqlRelations(db: Database, limits: SqlRelationsLimits = {}): RelationTuples {
  const { most = MOST_KEPT, remembered = 10_000, page = 20_000 } = limits
  /** Changes of one instance go one after the other, so that they need not be tried again. */
  let last: Promise<unknown> = Promise.resolve()

  async function tryChange(change: CheckedChange) {
    const rows = await db.rows<Found>(STANDING, columns([...change.writes, ...change.deletes]))
    const [head] = rows
    if (!head) throw new LockstepError('state.unavailable', 'the tuples have no revision')
    const standing = new Set(rows.map(({ object, relation, subject }) => JSON.stringify([object, relation, subject])))
    const plan = planChange(change, { has: (key) => standing.has(key), tuples: Number(head.tuples), most })
    if (!plan.ok) return plan
    const { writes, deletes } = plan
    const revision = Number(head.revision)
    if (writes.length + deletes.length === 0) return { ok: true, revision } as const
    const given = [...columns(deletes), ...columns(writes), revision, writes.length - deletes.length]
    const [made] = await db.rows<{ readonly revision: number | string }>(CHANGE, given)
    return made ? ({ ok: true, revision: Number(made.revision) } as const) : undefined
  }

  async function makeChange(change: CheckedChange) {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const outcome = await tryChange(change)
      if (!outcome) continue
      if (outcome.ok && outcome.revision % FORGET_EVERY === 0 && outcome.revision > remembered) {
        await db.rows(FORGET, [outcome.revision - remembered])
      }
      return outcome
    }
    throw new LockstepError('state.unavailable', 'too many change the tuples at once')
  }

  return {
    async change(given) {
      const change = checkTuples(given)
      const turn = last.then(() => makeChange(change))
      last = turn.catch(() => undefined)
      return turn
    },
    async since(known): Promise<TupleDelta> {
      checkRevision(known)
      return readTuplesSince(db, known, page)
    },
  }
}

function columns(tuples: readonly RelationTuple[]): readonly (readonly string[])[] {
  return [tuples.map(({ object }) => object), tuples.map(({ relation }) => relation), tuples.map(({ user }) => user)]
}
