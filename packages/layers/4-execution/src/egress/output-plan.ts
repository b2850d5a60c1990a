import type { EntityTable, JsonValue } from '@lockstep/core'
import type { Mask } from '../policy/mask.ts'

/**
 * How a place in a result is released, made once of a tool's declaration:
 * - `public`: as it is, without hidden characters;
 * - `rows`: a list of rows exactly as a guarded client returned them;
 * - `cell`: a value of one field class of the record around it;
 * - `record`: a record of one entity type, member by member;
 * - `object` and `list`: only as far as something in them is bound.
 */
export type OutputPlan =
  | { readonly kind: 'public'; readonly fits: Fits; readonly labels: readonly string[] }
  | { readonly kind: 'rows'; readonly labels: readonly string[] }
  | CellPlan
  | RecordPlan
  | { readonly kind: 'object'; readonly members: readonly MemberPlan[] }
  | { readonly kind: 'list'; readonly items: OutputPlan; readonly single: boolean }

/** Whether a value is of the kind that is declared for its place. */
export type Fits = (value: JsonValue) => boolean

/** A value that is asked about as `context.field` of the record around it. */
export interface CellPlan {
  readonly kind: 'cell'
  /** As `Entity.field`, for the record of what was held back. */
  readonly name: string
  readonly class: string
  readonly mask: Mask['value']
  /** Which scalars fit, as a sum of kinds, so that rows of scalars need not be asked one by one (`scalarKind`). */
  readonly scalars: number
  readonly fits: Fits
  readonly labels: readonly string[]
}

/** A record, and where it holds what the policy decides on. */
export interface RecordPlan {
  readonly kind: 'record'
  readonly table: EntityTable
  readonly members: readonly MemberPlan[]
  /** The member that holds a column, by column. */
  readonly memberOf: ReadonlyMap<string, string>
  readonly labels: readonly string[]
}

/** One member of an object. */
export interface MemberPlan {
  readonly name: string
  readonly plan: OutputPlan
  /** Whether null stands in the place of what is withheld: where the schema requires the member, and allows null. */
  readonly orNull: boolean
}

/** How a whole result is released. */
export interface ResultPlan {
  /** `structuredContent`, and JSON in texts; nothing of it where it is absent. */
  readonly structure?: OutputPlan | undefined
  /** What text blocks are without `structuredContent`: JSON of the same schema, or text for everybody. Withheld where it is absent. */
  readonly text?: 'json' | 'public' | undefined
  /** Images, audio, resources and links: for everybody, or withheld. */
  readonly attachments?: 'public' | undefined
}
