/** What no longer fits between a schema and what it describes. */
export interface Drift {
  readonly kind:
    | 'action-missing'
    | 'action-unused'
    | 'applies-to'
    | 'member-unknown'
    | 'argument-gone'
    | 'attribute-missing'
    | 'attribute-unknown'
    | 'type-changed'
    | 'never-permitted'
  /** Where: an action, `context.arguments.amount` of one, or an attribute of an entity type. */
  readonly at: string
  /** What is the matter, and what to do. One line. */
  readonly says: string
}
