import type { RelationTuple, TupleChange } from '@lockstep/core'
import { isStorable } from './check-text.ts'

const MOST_TUPLES = 1_000
/** Characters, as OpenFGA bounds them. */
const MOST = { user: 512, relation: 50, object: 256 } as const
/** UTF-8 of a whole tuple: what an index of PostgreSQL takes as one key. */
const MOST_BYTES = 2_000

/** Every tuple that one store keeps at most, unless it is told otherwise. */
export const MOST_KEPT = 1_000_000

/** A change, checked: nothing is left open, and no tuple stands in it twice. */
export type CheckedChange = Required<{ readonly [Name in keyof TupleChange]: NonNullable<TupleChange[Name]> }>

/**
 * Checks a change before anything is looked at: sizes, and that texts survive PostgreSQL unchanged. Whether a tuple fits a model is not known
 * here. Throws `TypeError`, naming the member and never its value.
 */
export function checkTuples(change: TupleChange): CheckedChange {
  const { writes = [], deletes = [], onDuplicate = 'error', onMissing = 'error' } = change
  const all = [...writes, ...deletes]
  if (all.length > MOST_TUPLES) throw new TypeError(`a change must be at most ${MOST_TUPLES} tuples`)
  for (const reaction of [onDuplicate, onMissing]) {
    if (reaction !== 'error' && reaction !== 'ignore') throw new TypeError('expected `error` or `ignore`')
  }
  for (const tuple of all) checkTuple(tuple)
  if (new Set(all.map(tupleKey)).size < all.length) throw new TypeError('a tuple stands in a change once')
  return { writes, deletes, onDuplicate, onMissing }
}

function checkTuple(tuple: RelationTuple): void {
  // attacker-controlled: ids of objects and users come from requests.
  for (const name of ['user', 'relation', 'object'] as const) {
    const text: unknown = tuple[name]
    if (typeof text !== 'string' || text === '' || text.length > MOST[name]) {
      throw new TypeError(`\`${name}\` must have 1 to ${MOST[name]} characters`)
    }
    if (!isStorable(text)) throw new TypeError(`\`${name}\` must be well-formed Unicode without U+0000`)
  }
  if (Buffer.byteLength(tuple.user + tuple.relation + tuple.object) > MOST_BYTES) {
    throw new TypeError(`a tuple must have at most ${MOST_BYTES} bytes`)
  }
}

/** Tells one tuple from any other. */
export function tupleKey({ user, relation, object }: RelationTuple): string {
  return JSON.stringify([object, relation, user])
}

/** Checks a revision that somebody knows. Throws `TypeError`. */
export function checkRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) throw new TypeError('a revision is a whole number')
}
