/** One relationship as OpenFGA writes it: `user` is in `relation` to `object`. */
export interface RelationTuple {
  /** `type:id`, everybody of a type (`type:*`), or all who are in a relation to an object (`type:id#relation`). */
  readonly user: string
  readonly relation: string
  /** `type:id` */
  readonly object: string
}

/** What is added and taken away together: all of it or nothing. A tuple stands in a change once. */
export interface TupleChange {
  readonly writes?: readonly RelationTuple[] | undefined
  readonly deletes?: readonly RelationTuple[] | undefined
  /** What a tuple to write that is there already does. @defaultValue `error` */
  readonly onDuplicate?: 'error' | 'ignore' | undefined
  /** What a tuple to delete that is not there does. @defaultValue `error` */
  readonly onMissing?: 'error' | 'ignore' | undefined
}

/** What became of a change. Refused, nothing was changed. */
export type TupleOutcome =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly reason: 'duplicate' | 'missing' | 'full' }

/** What brings somebody who knows the tuples of one revision to a later one. */
export interface TupleDelta {
  readonly revision: number
  /** Whether `written` is every tuple there is, because what was between is no longer known. */
  readonly whole: boolean
  readonly written: readonly RelationTuple[]
  readonly removed: readonly RelationTuple[]
}

/**
 * Keeps relationship tuples, for all processes that share the state. The revision is 0 at first and grows by one with every change that
 * changes anything, in the order in which changes are committed.
 */
export interface RelationTuples {
  /**
   * Makes a change: at most 1,000 tuples. Durable when it resolves. Throws `TypeError` for a change that cannot be meant, and rejects with
   * `state.unavailable` when it is not known to have happened.
   */
  change(change: TupleChange): Promise<TupleOutcome>
  /** What changed after a revision, as it is when this is asked. 0 asks for everything. */
  since(revision: number): Promise<TupleDelta>
}
