/** Why a question or a change about relations is not taken. */
export type RelationRejectionReason =
  /** A text that is no `type:id`, `type:*` or `type:id#relation`, or a question of another shape. */
  | 'malformed'
  | 'type-unknown'
  | 'relation-unknown'
  /** The model lets no such user stand in this relation to such an object. */
  | 'not-assignable'
  /** More steps, depth or tuples than one question may take. */
  | 'too-complex'
  /** A tuple to write is there, one to delete is not, or the store is full. Nothing was changed. */
  | 'duplicate'
  | 'missing'
  | 'full'

/** A question or a change that was refused. Its message names types and relations of the model, and no id. */
export class RelationRejection extends Error {
  override readonly name = 'RelationRejection'
  readonly reason: RelationRejectionReason

  constructor(reason: RelationRejectionReason, message: string) {
    super(message)
    this.reason = reason
  }
}
