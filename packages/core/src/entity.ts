/**
 * An entity as the policy names it, for example `{ type: 'User', id: 'user:alice' }`.
 */
export interface EntityRef {
  readonly type: string
  readonly id: string
}

/** The types that Cedar has beside its own. */
export type ExtensionType = 'decimal' | 'ipaddr' | 'datetime' | 'duration'

/**
 * A value of an extension type, as Cedar's constructor for it takes the text: `1.50`, `10.0.0.0/8`, `2026-01-31T12:00:00Z`, `1h30m`.
 * Different texts may be the same value (`1.5` and `1.50`).
 */
export interface ExtensionValue {
  readonly type: ExtensionType
  readonly text: string
}

/**
 * A value that a policy can compare. Numbers are safe integers; money is in minor units.
 */
export type Value =
  | boolean
  | number
  | string
  | { readonly entity: EntityRef }
  | { readonly extension: ExtensionValue }
  | { readonly set: readonly Value[] }
  | { readonly record: Readonly<Record<string, Value>> }

/**
 * An entity with its attributes and the entities it is directly in, as a decision point sees it.
 */
export interface EntityFact extends EntityRef {
  readonly attributes: Readonly<Record<string, Value>>
  readonly parents: readonly EntityRef[]
  /** Cedar's tags: attributes whose names the schema does not declare. @defaultValue none */
  readonly tags?: Readonly<Record<string, Value>> | undefined
}

/** Whether two references name the same entity: type and id both count. */
export function sameEntity(a: EntityRef, b: EntityRef): boolean {
  return a.type === b.type && a.id === b.id
}
