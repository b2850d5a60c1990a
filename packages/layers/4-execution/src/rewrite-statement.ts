import type { WriteAction } from '@lockstep/core'
import type { RangeVar } from 'libpg-query'
import { emptyNotes } from './barrier/notes.ts'
import { raiseBarrier } from './barrier/raise-barrier.ts'
import { strongestBarrier } from './barrier/table-use.ts'
import type { StatementPlan } from './cache/statement-memory.ts'
import { type LabelPlace, labelPlaces } from './labels/label-places.ts'
import { rowSources } from './labels/row-sources.ts'
import { hasTotalOrder } from './labels/total-order.ts'
import type { CatalogTable } from './policy/catalog.ts'
import type { ScopedAccess } from './policy/relation-scopes.ts'
import type { ScopedColumn, ScopedRelation } from './policy/scope-relation.ts'
import type { ScopedWrite } from './policy/scope-write.ts'
import { checkSettled } from './resolve/check-settled.ts'
import { resolveSelect } from './resolve/resolve-select.ts'
import type { StatementContext } from './resolve/statement-context.ts'
import { keepUsedParameters } from './statement/keep-used-parameters.ts'
import { printStatement } from './statement/print-statement.ts'
import type { ReadStatement } from './statement/read-statement.ts'
import { shiftParameters } from './statement/shift-parameters.ts'
import { isWrite, type Statement } from './statement/statement.ts'
import { looksAside, type Steadiness, steadiness } from './statement/steady-statement.ts'
import { resolveWrite } from './write/resolve-write.ts'
import { writtenAs } from './write/written-as.ts'

/** What a rewrite needs to know of the outside. */
export interface RewriteSurroundings extends Pick<StatementContext, 'configuredFunction'> {
  /** The mapped table that a name means. Throws `execution.relation-unknown`. */
  readonly findTable: (schema: string | undefined, name: string) => CatalogTable
  /** The mapped function that a name means. */
  readonly findFunction: (schema: string | undefined, name: string) => CatalogTable | undefined
  /** What the call may do with a table; asked once for each table and access, in the order in which the statement comes to them. */
  readonly scopes: {
    readonly read: (table: CatalogTable) => ScopedRelation
    readonly write: (table: CatalogTable, access: WriteAction) => ScopedWrite
  }
}

/**
 * Rewrites one checked statement, in place, to what a call may see and write, and prints it. The values of its tables are numbered after its own
 * parameters, table by table. Throws LockstepError with a code of the execution layer.
 *
 * INVARIANT: what comes of it depends on the statement and on the shapes of its tables, not on who calls.
 */
export function rewriteStatement(
  { statement, parameters, uses }: ReadStatement,
  { findTable, findFunction, scopes, configuredFunction }: RewriteSurroundings,
): StatementPlan {
  const select = 'SelectStmt' in statement ? statement.SelectStmt : undefined
  // before resolving replaces the tables
  const sources = select && rowSources(select)
  const steady = steadiness(statement)
  const mentions: CatalogTable[] = []
  const placed: Placed[] = []
  let numbered = parameters
  const placeOf = <T extends ScopedAccess>(access: T['access'], table: CatalogTable, scope: () => T) => {
    const known = placed.find((item): item is Placed<T> => item.scoped.table === table && item.scoped.access === access)
    if (known) return known
    const made: Placed<T> = { scoped: scope(), offset: numbered }
    numbered += made.scoped.values.length
    placed.push(made)
    return made
  }
  const read = (table: CatalogTable): ScopedRelation => {
    mentions.push(table)
    const { scoped, offset } = placeOf('read', table, () => scopes.read(table))
    const { select, plainWhere } = scoped
    return { ...scoped, select: shiftParameters(select, offset), plainWhere: shiftValues(plainWhere, offset) }
  }
  const context: StatementContext = {
    settled: new WeakSet(),
    notes: emptyNotes(),
    pending: [],
    readBack: new Set(),
    resolveSelect,
    resolveWrite,
    configuredFunction,
    relation: (schema, name) => read(findTable(schema, name)),
    mappedFunction(schema, name) {
      const table = findFunction(schema, name)
      return table && read(table)
    },
    write(table, access) {
      const { scoped, offset } = placeOf(access, table, () => scopes.write(table, access))
      const { row, classes } = scoped
      return { ...scoped, row: row && shiftParameters(row, offset), classes: shiftValues(classes, offset) }
    },
  }
  const around = { outer: undefined, ctes: new Map(), context, isTop: true as const }
  const output = select ? resolveSelect(select, around) : isWrite(statement) ? resolveWrite(statement, around) : []
  raiseBarrier(uses, context.notes)
  for (const finish of context.pending) finish()
  checkSettled(statement, context.settled)
  // they stand inside derived tables that Lockstep built
  checkSettled(context.notes.callArguments, context.settled)
  return {
    ...printed(statement, output, parameters, context.pending.length > 0),
    isSteady: steady !== undefined && isByKey(steady) && !looksAside(statement),
    labels: placed.map(({ scoped }) => labelsOf(scoped)),
    barriers: placed.map(({ scoped }) =>
      scoped.access === 'read' ? strongestBarrier(context.notes.uses, scoped.table.id) : 'none',
    ),
  }

  function isByKey(steady: Steadiness): boolean {
    if (steady.by === 'rows') return true
    const { kind, key } = findTable(steady.schema, steady.table)
    return kind === 'table' && steady.columns.includes(key.column.name)
  }

  function labelsOf({ table, access }: ScopedAccess): readonly LabelPlace[] {
    if (access !== 'read') return []
    const isOnlyWritten = isInsertOnly(statement, table) && !context.readBack.has(table)
    if (isOnlyWritten && mentions.filter((mention) => mention === table).length === 1) return []
    return labelPlaces(table, output, isShown(table))
  }

  function isShown(table: CatalogTable): boolean {
    if (!select || !sources) return false
    const fromTable = ({ schemaname, relname = '', alias }: RangeVar) => ({
      name: alias?.aliasname ?? relname,
      table: findTable(schemaname, relname),
    })
    if (!hasTotalOrder(select, sources.tables.map(fromTable), output)) return false
    return (
      sources.shown.some((range) => fromTable(range).table === table) &&
      mentions.filter((mention) => mention === table).length === 1
    )
  }
}

/** What the policy says of a table, and after how many parameters its own come. */
interface Placed<T extends ScopedAccess = ScopedAccess> {
  readonly scoped: T
  readonly offset: number
}

/** A SELECT is printed as it is; of what writes, cells that are not named leave parameters behind. */
function printed(
  statement: Statement,
  output: readonly ScopedColumn[],
  parameters: number,
  writes: boolean,
): Pick<StatementPlan, 'text' | 'write' | 'kept'> {
  if (!writes) return { text: printStatement(statement) }
  const { tree, kept } = keepUsedParameters(statement, parameters)
  return { text: printStatement(tree), write: writtenAs(statement, output.length > 0), kept }
}

function isInsertOnly(statement: Statement, table: CatalogTable): boolean {
  return 'InsertStmt' in statement && statement.InsertStmt.relation?.relname === table.name
}

function shiftValues<K, V>(nodes: ReadonlyMap<K, V>, offset: number): ReadonlyMap<K, V> {
  return new Map([...nodes].map(([key, node]) => [key, shiftParameters(node, offset)]))
}
