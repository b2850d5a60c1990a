import type { RelationTuple, RelationTuples, TupleDelta } from '@lockstep/core'
import { checkRevision, checkTuples, MOST_KEPT, tupleKey } from '../check-tuples.ts'
import { planChange } from '../plan-change.ts'
import type { OpenState } from './open-state.ts'

/** How many changes are remembered one by one. Who knows less is given everything. */
const MOST_CHANGES = 1_000

/** Creates relationship tuples in this process. No method waits between looking and changing. `most` is how many are kept. */
export function createMemoryRelations(open: OpenState, most: number = MOST_KEPT): RelationTuples {
  const tuples = new Map<string, RelationTuple>()
  /** The last change is that of the present revision. */
  let changes: { readonly writes: readonly RelationTuple[]; readonly deletes: readonly RelationTuple[] }[] = []
  let revision = 0

  function delta(known: number): TupleDelta {
    const forgotten = revision - changes.length
    if (known < forgotten || known > revision) {
      return { revision, whole: true, written: [...tuples.values()], removed: [] }
    }
    // Told once each, as they stand now: what was written and taken away again is only taken away.
    const touched = new Map<string, RelationTuple>()
    for (const { writes, deletes } of changes.slice(known - forgotten)) {
      for (const tuple of [...writes, ...deletes]) touched.set(tupleKey(tuple), tuple)
    }
    const written = [...touched].filter(([key]) => tuples.has(key)).map(([, tuple]) => tuple)
    const removed = [...touched].filter(([key]) => !tuples.has(key)).map(([, tuple]) => tuple)
    return { revision, whole: false, written, removed }
  }

  return {
    async change(given) {
      open.check()
      const change = checkTuples(given)
      const plan = planChange(change, { has: (key) => tuples.has(key), tuples: tuples.size, most })
      if (!plan.ok) return plan
      if (plan.writes.length + plan.deletes.length > 0) {
        for (const tuple of plan.deletes) tuples.delete(tupleKey(tuple))
        for (const { user, relation, object } of plan.writes) {
          const kept = Object.freeze({ user, relation, object })
          tuples.set(tupleKey(kept), kept)
        }
        revision += 1
        changes.push(plan)
        if (changes.length >= 2 * MOST_CHANGES) changes = changes.slice(-MOST_CHANGES)
      }
      return { ok: true, revision }
    },
    async since(known) {
      open.check()
      checkRevision(known)
      return delta(known)
    },
  }
}
