import type { RangeVar, SelectStmt } from 'libpg-query'
import { emptyNotes } from './barrier/notes.ts'
import { raiseBarrier } from './barrier/raise-barrier.ts'
import { strongestBarrier } from './barrier/table-use.ts'
import type { StatementPlan } from './cache/statement-memory.ts'
import { labelPlaces } from './labels/label-places.ts'
import { rowSources } from './labels/row-sources.ts'
import { hasTotalOrder } from './labels/total-order.ts'
import type { CatalogTable } from './policy/catalog.ts'
import type { ScopedRelation } from './policy/scope-relation.ts'
import { checkSettled } from './resolve/check-settled.ts'
import { resolveSelect } from './resolve/resolve-select.ts'
import type { StatementContext } from './resolve/statement-context.ts'
import { printSelect } from './statement/print-select.ts'
import type { ReadSelect } from './statement/read-select.ts'
import { shiftParameters } from './statement/shift-parameters.ts'

/** What a rewrite needs to know of the outside. */
export interface RewriteSurroundings extends Pick<StatementContext, 'configuredFunction'> {
  /** The mapped table that a name means. Throws `execution.relation-unknown`. */
  readonly findTable: (schema: string | undefined, name: string) => CatalogTable
  /** The mapped function that a name means. */
  readonly findFunction: (schema: string | undefined, name: string) => CatalogTable | undefined
  /** What the call may see of a table; asked once for each table, in the order in which the statement names them. */
  readonly scopeOf: (table: CatalogTable) => ScopedRelation
}

/**
 * Rewrites one checked SELECT, in place, to what a call may see, and prints it. The values of its tables are numbered after its own parameters,
 * table by table. Throws LockstepError with a code of the execution layer.
 *
 * INVARIANT: what comes of it depends on the statement and on the shapes of its tables, not on who calls.
 */
export function rewriteSelect(
  { select, parameters }: ReadSelect,
  { findTable, findFunction, scopeOf, configuredFunction }: RewriteSurroundings,
): StatementPlan {
  const fromTable = ({ schemaname, relname = '', alias }: RangeVar) => ({
    name: alias?.aliasname ?? relname,
    table: findTable(schemaname, relname),
  })
  // before resolving replaces the tables
  const sources = rowSources(select)
  const mentions: CatalogTable[] = []
  const placed = new Map<CatalogTable, { readonly scoped: ScopedRelation; readonly offset: number }>()
  let numbered = parameters
  const place = (table: CatalogTable): ScopedRelation => {
    mentions.push(table)
    let known = placed.get(table)
    if (!known) {
      known = { scoped: scopeOf(table), offset: numbered }
      numbered += known.scoped.values.length
      placed.set(table, known)
    }
    return { ...known.scoped, select: shiftParameters(known.scoped.select, known.offset) }
  }
  const settled = new WeakSet<SelectStmt | RangeVar>()
  const notes = emptyNotes()
  const output = resolveSelect(select, {
    outer: undefined,
    ctes: new Map(),
    context: {
      settled,
      notes,
      resolveSelect,
      relation: (schema, name) => place(findTable(schema, name)),
      mappedFunction(schema, name) {
        const table = findFunction(schema, name)
        return table && place(table)
      },
      configuredFunction,
    },
  })
  raiseBarrier(select, notes)
  checkSettled({ SelectStmt: select }, settled)
  // they stand inside derived tables that Lockstep built
  checkSettled(notes.callArguments, settled)
  const isOrdered = sources !== undefined && hasTotalOrder(select, sources.tables.map(fromTable), output)
  const shown = sources && isOrdered ? sources.shown.map((range) => fromTable(range).table) : []
  const isShown = (table: CatalogTable): boolean =>
    shown.includes(table) && mentions.filter((mention) => mention === table).length === 1
  return {
    text: printSelect(select),
    labels: [...placed.keys()].map((table) => labelPlaces(table, output, isShown(table))),
    barriers: [...placed.keys()].map(({ id }) => strongestBarrier(notes.uses, id)),
  }
}
