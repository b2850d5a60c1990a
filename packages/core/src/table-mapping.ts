import type { MaskDeclaration } from './mask.ts'

/** One column that callers may be shown. */
export interface ColumnMapping {
  /** PostgreSQL type, as in `format_type`: `text`, `integer`, `bigint`, `numeric`, `boolean`, `date`, ... */
  readonly type: string
  /** The Cedar attribute that this column holds, if policies decide on it. */
  readonly attribute?: string
  /**
   * Whether the attribute is one that an entity may be without: the schema says so too. For columns of what is no table, where nothing
   * promises that a cell is there: a row in which any other attribute is NULL is no entity, and is shown to nobody.
   * @defaultValue it is required
   */
  readonly optional?: true
  /**
   * The entity type, if the attribute refers to an entity; the column holds its id. Where another table of the mapping is that
   * type, policies read its attributes through this column: `resource.order.tenant`.
   */
  readonly entity?: string
  /** The field class that is asked as `context.field`. @defaultValue `row` */
  readonly class?: string
  /** How a cell is shown when its class may only be read masked. @defaultValue `{ kind: 'null' }` */
  readonly mask?: MaskDeclaration
  /** As `partialCells` of the table, for this column. */
  readonly partialCells?: 'null'
  /** As `hiddenColumns` of the table, for this column. */
  readonly hiddenColumns?: 'null'
}

/**
 * What a mapped relation is when it is no table. What it shows is its own affair: a view or function may compute its rows from anything its owner
 * may read. Policies are applied to the rows that come out of it.
 */
export type DerivedKind = 'view' | 'materialized view' | 'foreign table' | 'function'

/** One table and the entity type that its rows are. */
export interface EntityTable {
  readonly entity: string
  /**
   * What it is, if it is no table. A `function` returns sets of rows, and is called in FROM.
   * @defaultValue a table
   */
  readonly kind?: DerivedKind
  /** PostgreSQL types of all arguments of a function, as in `format_type`: a statement gives each of them, in this order. @defaultValue none */
  readonly arguments?: readonly string[]
  /**
   * The column that holds the entity's id. @defaultValue none: nothing refers to a row, and policies decide on its attributes alone
   */
  readonly key?: string
  /** Every column that exists for callers. A column that is not named here is out of scope for everyone. */
  readonly columns: Readonly<Record<string, ColumnMapping>>
  /** Attributes that are sets, by name, each with the view or table that tells its members: one row for each. */
  readonly members?: Readonly<Record<string, MemberMapping>>
  /** The entities that a row is in (Cedar's `in`), by type, each with the column that holds the id. NULL is "in none". */
  readonly parents?: Readonly<Record<string, { readonly column: string }>>
  /**
   * Whether expressions may use a column whose cells may be read in some rows only: as NULL in the others. A masked column is
   * never used so.
   * @defaultValue they may not (`execution.masked-expression`)
   */
  readonly partialCells?: 'null'
  /**
   * What becomes of a column that the caller may read in no row, where a statement names it: a NULL of its type in every row, for clients that
   * name columns whoever asks. `*` and whole rows never hold it.
   * @defaultValue it is out of scope (`execution.column-unknown`)
   */
  readonly hiddenColumns?: 'null'
  /**
   * Labels that rows carry, each by the boolean column that says so: a row whose column is true carries the label. Whoever is
   * given such a row has the label in their history from then on (`context.labels`).
   * @defaultValue no row carries a label
   */
  readonly labels?: Readonly<Record<string, LabelMapping>>
}

/** Where the members of a set are told. Rows in which the key or the member is NULL tell nothing. */
export interface MemberMapping {
  /** The view or table, with its schema: `public.document_readers`. */
  readonly view: string
  /** The column that holds the key of the row that has the member. */
  readonly key: string
  /** The column that holds the member. */
  readonly column: string
  /** PostgreSQL type of that column. */
  readonly type: string
  /** The entity type, if the members are entities. */
  readonly entity?: string
}

/** Where one label of a row is told. */
export interface LabelMapping {
  /** A column of the mapping, of type `boolean`. NULL is "not labeled". */
  readonly column: string
}

/** By schema-qualified name, for example `public.expenses`. A table, view or function that is not named does not exist for callers. */
export type TableMapping = Readonly<Record<string, EntityTable>>

/** The field class of columns that name none: reading it is reading the row at all. */
export const ROW_CLASS = 'row'

/**
 * Declares which table is which entity, and which column which attribute and field class (`policies/tables.ts`).
 *
 * @example
 * ```ts
 * export default defineTables({
 *   'public.expenses': {
 *     entity: 'Expense',
 *     key: 'id',
 *     columns: {
 *       id: { type: 'text' },
 *       dept_id: { type: 'integer', attribute: 'dept', entity: 'Department' },
 *       iban: { type: 'text', class: 'bank', mask: { kind: 'last', keep: 4 } },
 *       confidential: { type: 'boolean', attribute: 'confidential' },
 *     },
 *     labels: { confidential: { column: 'confidential' } },
 *   },
 * })
 * ```
 */
export function defineTables<const T extends TableMapping>(tables: T): T {
  return tables
}
