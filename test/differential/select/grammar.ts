import type { Draw } from './draw.ts'

export type Type = 'int' | 'number' | 'text' | 'bool' | 'date' | 'json' | 'texts'

/** A column by its name as it is printed, quoted where it must be. */
export interface Column {
  readonly name: string
  readonly type: Type
  /** Shown as a mask, so that it can only be selected as it is: what the oracle selects in its place, with `$` for the alias. */
  readonly mask?: string
}

/** A table as the subject may see it. */
export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  /** Names of columns that tell rows apart, and by which other columns may be selected. */
  readonly keys: readonly string[]
  /** Whether the oracle knows that the keys decide the other columns. */
  readonly hasPrimaryKey?: boolean
}

/** What statements are drawn over. */
export interface Schema {
  readonly name: string
  readonly tables: readonly Table[]
  /** Expressions that fail on some value of a column that no visible row has, with `$` for the column. */
  readonly leaky: Readonly<Record<string, readonly { readonly type: Type; readonly text: string }[]>>
}

/** How often an expression or a condition is one that fails on some value, in percent. */
export type Leakiness = number

/** One relation of a FROM clause. */
export interface Relation {
  readonly alias: string
  readonly columns: readonly Column[]
  /** Names of columns that tell its rows apart; none when nothing does. */
  readonly keys: readonly string[]
  /** At most about so many rows, so that no product of relations grows out of hand. */
  readonly size: number
  /** Set on a table, by whose key its other columns are decided. */
  readonly table?: Table
}

/** The relations that an expression can see: of its own level, then of the levels around. */
export interface Scope {
  readonly relations: readonly Relation[]
  readonly outer?: Scope | undefined
}

/** A FROM clause. */
export interface From {
  readonly text: string
  readonly relations: readonly Relation[]
}

/** The parts of the grammar, which refer to each other. */
export interface Grammar {
  readonly draw: Draw
  readonly schema: Schema
  readonly leakiness: Leakiness
  /** What WITH clauses have named, by name. */
  readonly ctes: Map<string, readonly Column[]>
  /** Notes that a feature of the grammar is in the statement. */
  feature(name: string): void
  fresh(): string
  /** Binds a value and returns the parameter. */
  parameter(value: string): string
  /** A text for which the oracle must be asked another one. */
  differ(sent: string, expanded: string): string
  expression(scope: Scope, type: Type, depth: number): string
  predicate(scope: Scope, depth: number): string
  relation(outer: Scope | undefined, depth: number): From
  from(outer: Scope | undefined, depth: number): From
  /** A query of one column of a type. */
  single(outer: Scope | undefined, type: Type, depth: number): string
  /** A query of an int column `a` and a text column `b`. */
  block(outer: Scope | undefined, depth: number): string
}

/** The columns of a type that can be computed with, as they may be written here. */
export function columnsOf(scope: Scope, type: Type): string[] {
  const own = scope.relations.flatMap(({ alias, columns }) =>
    columns.flatMap((column) => (column.type === type && !column.mask ? [`${alias}.${column.name}`] : [])),
  )
  return scope.outer ? [...own, ...columnsOf(scope.outer, type)] : own
}

/** What orders the rows of a level in one way only; `undefined` when nothing does. */
export function totalOrder({ relations }: Scope): string | undefined {
  if (relations.length === 0 || relations.some(({ keys }) => keys.length === 0)) return undefined
  return relations.flatMap(({ alias, keys }) => keys.map((key) => `${alias}.${key}`)).join(', ')
}
