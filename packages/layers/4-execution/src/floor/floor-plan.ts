import type { FloorFact } from './floor-facts.ts'

/** What may be done to rows, as policies name the actions. */
export const FLOOR_VERBS = ['read', 'create', 'update', 'delete'] as const

/** One of them. */
export type FloorVerb = (typeof FLOOR_VERBS)[number]

/** What a policy in the database says of one verb: no row where it is absent. */
export interface FloorCondition {
  /** All must be true; each is the text of an SQL expression over the columns of the row. */
  readonly conjuncts: readonly string[]
  /** What one of them calls where the policy looks at other tables, which the application's role may not. */
  readonly look?: FloorFunction
}

/** A function that decides on one row under the authority of the floor's owner. */
export interface FloorFunction {
  readonly name: string
  readonly parameters: readonly { readonly name: string; readonly type: string }[]
  /** An SQL expression over the parameters. */
  readonly expression: string
}

/** Why a column of a mapped table is not granted. */
export interface WithheldColumn {
  readonly column: string
  readonly says: string
}

/** The floor of one mapped table. */
export interface FloorTable {
  /** As in the mapping: `schema.table`. */
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly rows: Readonly<Partial<Record<FloorVerb, FloorCondition>>>
  readonly columns: Readonly<Record<'read' | 'create' | 'update', readonly string[]>>
  readonly withheld: readonly WithheldColumn[]
}

/** What policies look at beside the row itself: the relation, and its columns. */
export interface FloorLook {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
}

/** A policy as a database can hold it up by itself, whoever the caller turns out to be. */
export interface FloorPlan {
  readonly tables: readonly FloorTable[]
  /** Mapped views, whose rows PostgreSQL holds back from nobody: the application is not granted them. */
  readonly views: readonly string[]
  /** What must be told of a caller, by name. */
  readonly facts: readonly FloorFact[]
  readonly looks: readonly FloorLook[]
  /** Another one wherever other facts are told. */
  readonly version: string
}
