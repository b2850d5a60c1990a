import type { RelationTuple, TupleOutcome } from '@lockstep/core'
import { type CheckedChange, tupleKey } from './check-tuples.ts'

/** The tuples that a change really adds and takes away, or why it is refused. */
export type ChangePlan =
  | { readonly ok: true; readonly writes: readonly RelationTuple[]; readonly deletes: readonly RelationTuple[] }
  | Extract<TupleOutcome, { readonly ok: false }>

/** What is there already: of the tuples of a change, and how many in all; `most` is how many there may be. */
export interface Standing {
  readonly has: (key: string) => boolean
  readonly tuples: number
  readonly most: number
}

/** Holds a change against what stands. */
export function planChange(change: CheckedChange, { has, tuples, most }: Standing): ChangePlan {
  const writes = change.writes.filter((tuple) => !has(tupleKey(tuple)))
  const deletes = change.deletes.filter((tuple) => has(tupleKey(tuple)))
  if (change.onDuplicate === 'error' && writes.length < change.writes.length) return { ok: false, reason: 'duplicate' }
  if (change.onMissing === 'error' && deletes.length < change.deletes.length) return { ok: false, reason: 'missing' }
  // A full store still takes deletes, also together with as many writes.
  const grows = writes.length - deletes.length
  if (grows > 0 && tuples + grows > most) return { ok: false, reason: 'full' }
  return { ok: true, writes, deletes }
}
