/** How the members of a relation are known from tuples and from other relations. */
export type Rewrite =
  /** Those whom a tuple names. */
  | { readonly kind: 'this' }
  /** Those in another relation to the same object. */
  | { readonly kind: 'computed'; readonly relation: string }
  /** Those in `relation` to any object that stands in `tupleset` to this one: `viewer from parent`. */
  | { readonly kind: 'from'; readonly tupleset: string; readonly relation: string }
  | { readonly kind: 'union' | 'intersection'; readonly of: readonly Rewrite[] }
  | { readonly kind: 'exclusion'; readonly base: Rewrite; readonly subtract: Rewrite }

/** Whom a tuple of a relation may name: `user`, `user:*` or `group#member`. */
export interface UserType {
  readonly type: string
  readonly relation?: string | undefined
  readonly wildcard?: boolean | undefined
}

/** One relation of a type. */
export interface RelationDefinition {
  readonly rewrite: Rewrite
  /** Whom its tuples may name; empty exactly when `this` is no part of the rewrite. */
  readonly users: readonly UserType[]
}

/** The relations of every type, by name. */
export type RelationTypes = ReadonlyMap<string, ReadonlyMap<string, RelationDefinition>>

/** An OpenFGA model of schema 1.1 that was validated: every name in it is declared. */
export interface RelationModel {
  /** Tells this model from any other; in the form of a ULID, as OpenFGA's clients want it. The same text has the same id. */
  readonly id: string
  readonly types: RelationTypes
}
