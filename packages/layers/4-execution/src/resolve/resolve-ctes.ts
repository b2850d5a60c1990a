import { LockstepError } from '@lockstep/core'
import type { CommonTableExpr, Node, SelectStmt, WithClause } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { isWrite, type WriteStatement } from '../statement/statement.ts'
import { ofRows } from './of-rows.ts'
import { renamed } from './renamed.ts'
import { UNREADY, type VisibleCtes } from './scope.ts'
import type { SelectPlace } from './statement-context.ts'

interface Cte {
  readonly name: string
  readonly expression: CommonTableExpr
  readonly query: { readonly SelectStmt: SelectStmt } | WriteStatement
}

/**
 * Resolves the CTEs of a WITH clause, and returns all that are visible behind it. Scopes are PostgreSQL's: a CTE is visible to
 * later ones; under RECURSIVE to all of its clause, and to itself in the second half of its UNION.
 *
 * Throws `execution.statement-unsupported` where PostgreSQL would refuse the recursion, and `execution.masked-expression` for
 * a recursion over columns that are not plain.
 */
export function resolveCtes(clause: WithClause | undefined, around: SelectPlace): VisibleCtes {
  const visible = new Map(around.ctes)
  const ctes = (clause?.ctes ?? []).map(readCte)
  const names = new Set(ctes.map(({ name }) => name))
  if (names.size < ctes.length) throw unsupported('two CTEs of one WITH have the same name')
  if (!clause?.recursive) {
    for (const cte of ctes) visible.set(cte.name, resolveCte(cte, { ...around, ctes: new Map(visible) }, false))
    return visible
  }
  // INVARIANT: no name of the clause can mean a table, or a CTE around it, while its own columns are not known.
  for (const name of names) visible.set(name, UNREADY)
  for (const cte of inOrder(ctes)) visible.set(cte.name, resolveCte(cte, { ...around, ctes: new Map(visible) }, true))
  return visible
}

function resolveCte(cte: Cte, place: SelectPlace, mayRecur: boolean): readonly ScopedColumn[] {
  const { name, expression, query } = cte
  const alias = expression.aliascolnames ? { colnames: expression.aliascolnames } : undefined
  if (isWrite(query)) {
    if (!place.isTop) throw unsupported('a statement that writes stands in the outermost WITH')
    return renamed(place.context.resolveWrite(query, inner(place)).map(ofRows), alias)
  }
  const select = query.SelectStmt
  const isRecursive = mayRecur && namesIn(query).has(name)
  const withItself = (left: readonly ScopedColumn[], ctes: VisibleCtes): VisibleCtes =>
    // its own WITH may hide the name
    ctes.get(name) === UNREADY ? new Map(ctes).set(name, renamed(left, alias).map(ofRows)) : ctes
  const columns = place.context.resolveSelect(select, inner(place), isRecursive ? withItself : undefined)
  // what the second half makes of a cell comes back to it as a cell of the first
  if (isRecursive && columns.some(({ form }) => form !== 'plain'))
    throw new LockstepError('execution.masked-expression')
  const isMaterialized =
    (isRecursive && joinsItself(name, select)) || expression.ctematerialized === 'CTEMaterializeAlways'
  return withSearchColumns(renamed(isMaterialized ? columns.map(ofRows) : columns, alias), expression)
}

function inner({ outer, ctes, context }: SelectPlace): SelectPlace {
  return { outer, ctes, context }
}

/** Whether a recursive CTE certainly reads itself, so that PostgreSQL keeps its rows. Unsure of other forms, it says no. */
function joinsItself(name: string, { withClause, rarg }: SelectStmt): boolean {
  if (withClause || !rarg || rarg.withClause) return false
  const reads = (node: Node | undefined): boolean => {
    if (node && 'JoinExpr' in node) return reads(node.JoinExpr.larg) || reads(node.JoinExpr.rarg)
    return node !== undefined && 'RangeVar' in node && !node.RangeVar.schemaname && node.RangeVar.relname === name
  }
  return (rarg.fromClause ?? []).some(reads)
}

/** SEARCH and CYCLE add columns that are made of the ones that they name. */
function withSearchColumns(columns: readonly ScopedColumn[], cte: CommonTableExpr): readonly ScopedColumn[] {
  const { search_clause: search, cycle_clause: cycle } = cte
  for (const node of [...(search?.search_col_list ?? []), ...(cycle?.cycle_col_list ?? [])]) {
    const name = 'String' in node ? node.String.sval : undefined
    const found = columns.filter((column) => column.name === name)
    if (found.length !== 1) throw new LockstepError('execution.column-unknown')
    if (found[0]?.form !== 'plain') throw new LockstepError('execution.masked-expression')
  }
  for (const node of [cycle?.cycle_mark_value, cycle?.cycle_mark_default]) {
    if (node && !('A_Const' in node) && !('TypeCast' in node)) throw unsupported('CYCLE marks rows with constants')
  }
  const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column]
  return [...columns, ...added.filter((name) => name !== undefined).map(computed)]
}

/** Each CTE behind those that it names. Throws where they name each other. */
function inOrder(ctes: readonly Cte[]): readonly Cte[] {
  const ordered: Cte[] = []
  const open = new Set<Cte>()
  const visit = (cte: Cte): void => {
    if (ordered.includes(cte)) return
    if (open.has(cte)) throw unsupported('CTEs that name each other are not released')
    open.add(cte)
    const named = namesIn(cte.query)
    for (const other of ctes) if (other !== cte && named.has(other.name)) visit(other)
    open.delete(cte)
    ordered.push(cte)
  }
  for (const cte of ctes) visit(cte)
  return ordered
}

/** Every relation name without a schema in a tree: also those that an inner WITH hides. */
function namesIn(tree: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (typeof tree !== 'object' || tree === null) return names
  for (const [kind, value] of Object.entries(tree)) {
    if (kind === 'RangeVar' && value.schemaname === undefined) names.add(value.relname)
    else namesIn(value, names)
  }
  return names
}

function readCte(node: Node): Cte {
  const expression = 'CommonTableExpr' in node ? node.CommonTableExpr : undefined
  const query = expression?.ctequery
  if (!expression?.ctename || !query || !('SelectStmt' in query || isWrite(query))) {
    throw unsupported('WITH can only hold SELECT, INSERT, UPDATE and DELETE')
  }
  return { name: expression.ctename, expression, query }
}

function unsupported(detail: string): LockstepError {
  return new LockstepError('execution.statement-unsupported', detail)
}

function computed(name: string): ScopedColumn {
  return { name, form: 'plain', source: { from: 'rows' } }
}
