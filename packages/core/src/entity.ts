/**
 * An entity as the policy names it, for example `{ type: 'User', id: 'user:alice' }`.
 */
export interface EntityRef {
  readonly type: string
  readonly id: string
}

/**
 * A value that a policy can compare. Numbers are safe integers; money is in minor units.
 */
export type Value =
  | boolean
  | number
  | string
  | { readonly entity: EntityRef }
  | { readonly set: readonly Value[] }
  | { readonly record: Readonly<Record<string, Value>> }

/**
 * An entity with its attributes and the entities it is directly in, as a decision point sees it.
 */
export interface EntityFact extends EntityRef {
  readonly attributes: Readonly<Record<string, Value>>
  readonly parents: readonly EntityRef[]
}

/** Whether two references name the same entity: type and id both count. */
export function sameEntity(a: EntityRef, b: EntityRef): boolean {
  return a.type === b.type && a.id === b.id
}
