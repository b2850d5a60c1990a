/** A type of a Cedar schema, as far as generated schemas use them. */
export type CedarType =
  | { readonly is: 'named'; readonly name: string }
  | { readonly is: 'set'; readonly element: CedarType }
  | { readonly is: 'record'; readonly record: CedarRecord }

/** A record type, an entity's attributes or a context. */
export interface CedarRecord {
  readonly members: ReadonlyMap<string, CedarMember>
  /** What could not become a member, each to be told in its place. */
  readonly gaps: readonly RecordGap[]
}

/** Something in a record that Cedar has no type for. */
export interface RecordGap {
  /** The member that it would have been; absent for what is no member. */
  readonly name?: string | undefined
  readonly says: string
}

/** One member, with what there is to say about it. */
export interface CedarMember {
  readonly type: CedarType
  readonly required: boolean
  readonly notes: readonly string[]
}

/** A type by its name: of Cedar's own, or of an entity. */
export function named(name: string): CedarType {
  return { is: 'named', name }
}

/** A record without members. */
export const EMPTY: CedarRecord = { members: new Map(), gaps: [] }
