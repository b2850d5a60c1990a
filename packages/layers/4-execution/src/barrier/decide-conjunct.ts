import type { Node, SubLink } from 'libpg-query'
import { findEntry, type Scope } from '../resolve/scope.ts'
import { isTree, someMember } from '../statement/tree.ts'
import { comparable, type Judge } from './judge-expression.ts'
import { looksAtManyRows } from './many-rows.ts'
import type { BarrierNotes, Condition } from './notes.ts'
import { namesColumnOf, reachOf, reachOfColumn, usesOfLevel } from './reach.ts'
import { keepBehindFence, type TableUse } from './table-use.ts'

/** How one conjunct of a condition is kept from telling of hidden rows. */
export type Decision =
  /** It tells nothing wherever it runs. */
  | { readonly by: 'nothing' }
  /** It runs only where the filters of these hold. */
  | { readonly by: 'guard'; readonly uses: readonly TableUse[] }
  /** Its operands are computed only where the filters hold, so that it stays a comparison that joins. */
  | { readonly by: 'operands'; readonly operands: ReadonlyMap<Node, readonly TableUse[]> }
  /** The tables that it runs on stand behind fences. */
  | { readonly by: 'fence'; readonly isHidden: boolean }

/**
 * Decides how one conjunct is kept from hidden rows, and fences what no guard can stand for.
 */
export function decideConjunct(conjunct: Node, { at, scope }: Condition, judge: Judge, notes: BarrierNotes): Decision {
  if (judge.expression(conjunct).isQuiet) return { by: 'nothing' }
  const { uses, isBoundless, callsConfigured } = reachOf(conjunct, notes)
  if (isBoundless) {
    for (const use of notes.uses) keepBehindFence(use)
    return { by: 'fence', isHidden: true }
  }
  const atLevel = usesOfLevel(scope, notes)
  if (callsConfigured) for (const use of atLevel) uses.add(use)
  if (at === 'having') {
    // with an aggregate it runs on groups, else PostgreSQL makes it a condition on rows
    const running = looksAtManyRows(conjunct) ? [...uses].filter((use) => !atLevel.has(use)) : [...uses]
    for (const use of unfiltered(running, scope, notes)) keepBehindFence(use)
    return { by: 'fence', isHidden: true }
  }
  const link = 'SubLink' in conjunct ? conjunct.SubLink : undefined
  if (at === 'where' && !callsConfigured) {
    const [inner] =
      'BoolExpr' in conjunct && conjunct.BoolExpr.boolop === 'NOT_EXPR' ? (conjunct.BoolExpr.args ?? []) : []
    const exists = link ?? (inner && 'SubLink' in inner ? inner.SubLink : undefined)
    // it becomes a join, and its own conditions are conditions of that
    if (exists && becomesJoin(exists, scope, notes)) return { by: 'nothing' }
    if (link && isPlainMembership(link, scope, notes)) return decideMembership(link, scope, judge, notes)
  }
  if ('A_Expr' in conjunct && conjunct.A_Expr.kind === 'AEXPR_OP' && !link) {
    const { name, lexpr, rexpr } = conjunct.A_Expr
    const [symbol] = name ?? []
    if (
      symbol &&
      'String' in symbol &&
      symbol.String.sval === '=' &&
      lexpr &&
      rexpr &&
      joins(lexpr, rexpr, scope, notes)
    ) {
      return decideComparison(lexpr, rexpr, scope, judge, notes)
    }
  }
  if (unfiltered(uses, scope, notes).length === 0) return { by: 'nothing' }
  if (at === 'full') {
    // a full join needs conditions that it can match rows by
    for (const use of unfiltered(uses, scope, notes)) keepBehindFence(use)
    return { by: 'fence', isHidden: false }
  }
  return { by: 'guard', uses: guardable(uses, scope, notes) }
}

/** The uses whose filters a name in scope can tell; the others are fenced. */
function guardable(uses: Iterable<TableUse>, scope: Scope, notes: BarrierNotes): readonly TableUse[] {
  return unfiltered(uses, scope, notes).filter((use) => {
    const canGuard = use.canExport && nameOf(use, scope) !== undefined
    if (!canGuard) keepBehindFence(use)
    return canGuard
  })
}

/** Leaves out what has nothing hidden, and what an expression sees only after its level's filters. */
function unfiltered(uses: Iterable<TableUse>, scope: Scope, notes: BarrierNotes): readonly TableUse[] {
  const after = new Set<TableUse>()
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    if (level.isAfterFilters) for (const use of usesOfLevel(level, notes)) after.add(use)
  }
  return [...uses].filter((use) => !use.isOpen && !after.has(use))
}

/** The name by which an expression can reach a use: its own, unless a nearer level hides it. */
export function nameOf(use: TableUse, scope: Scope): string | undefined {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const entry = level.entries.find((item) => item.use === use)
    if (entry && use.writtenAs !== undefined) return use.writtenAs
    if (entry?.name !== undefined && findEntry(scope, entry.name) === entry) return entry.name
  }
  return undefined
}

/** Whether an equality has something of two sides, by which rows can be matched. */
function joins(left: Node, right: Node, scope: Scope, notes: BarrierNotes): boolean {
  if (holdsSubLink(left) || holdsSubLink(right)) return false
  const ofLeft = reachOf(left, notes).uses
  const isApart = [...reachOf(right, notes).uses].every((use) => !ofLeft.has(use))
  return isApart && namesColumnOf(scope, left, notes) && namesColumnOf(scope, right, notes)
}

function decideComparison(left: Node, right: Node, scope: Scope, judge: Judge, notes: BarrierNotes): Decision {
  const sides = [left, right].map((node) => ({ node, judged: judge.expression(node), uses: reachOf(node, notes).uses }))
  const [{ type: ofLeft } = {}, { type: ofRight } = {}] = sides.map(({ judged }) => judged)
  if (!comparable({ type: ofLeft, isQuiet: true }, { type: ofRight, isQuiet: true })) {
    // one condition around both sides would leave no other join than a loop over all pairs
    for (const { uses } of sides) for (const use of unfiltered(uses, scope, notes)) keepBehindFence(use)
    return { by: 'fence', isHidden: false }
  }
  const loud = sides.filter(({ judged }) => !judged.isQuiet)
  return { by: 'operands', operands: new Map(loud.map(({ node, uses }) => [node, guardable(uses, scope, notes)])) }
}

/** `x IN (SELECT ...)`, where the sub-query names nothing of the levels around it: PostgreSQL makes it a join. */
function isPlainMembership(link: SubLink, scope: Scope, notes: BarrierNotes): boolean {
  const { subLinkType, operName, testexpr, subselect } = link
  return (
    subLinkType === 'ANY_SUBLINK' &&
    !operName &&
    testexpr !== undefined &&
    namesColumnOf(scope, testexpr, notes) &&
    !holdsSubLink(testexpr) &&
    !namesColumnOf(scope, subselect, notes)
  )
}

function decideMembership({ testexpr, subselect }: SubLink, scope: Scope, judge: Judge, notes: BarrierNotes): Decision {
  const select = subselect && 'SelectStmt' in subselect ? subselect.SelectStmt : undefined
  const [column] = (select && notes.subQueries.get(select)?.columns) ?? []
  if (!testexpr || !column) return { by: 'guard', uses: [] }
  const [test, returned] = [judge.expression(testexpr), judge.column(column)]
  const { uses } = reachOf(testexpr, notes)
  const isCompared = comparable({ type: test.type, isQuiet: true }, { type: returned.type, isQuiet: true })
  // what is selected is compared below the sub-query's own filters
  if (!returned.isQuiet || !isCompared) for (const use of reachOfColumn(column, notes).uses) keepBehindFence(use)
  if (!isCompared) for (const use of unfiltered(uses, scope, notes)) keepBehindFence(use)
  if (!isCompared || test.isQuiet) return { by: 'fence', isHidden: false }
  return { by: 'operands', operands: new Map([[testexpr, guardable(uses, scope, notes)]]) }
}

/** Whether PostgreSQL makes a join of EXISTS: its sub-query names the levels around it in its WHERE, and there alone. */
function becomesJoin({ subLinkType, subselect }: SubLink, scope: Scope, notes: BarrierNotes): boolean {
  if (subLinkType !== 'EXISTS_SUBLINK' || !subselect || !('SelectStmt' in subselect)) return false
  const { targetList = [], fromClause, whereClause, ...rest } = subselect.SelectStmt
  return (
    Object.keys(rest).every((key) => key === 'op' || key === 'limitOption') &&
    rest.op === 'SETOP_NONE' &&
    targetList.every(isColumnOrLiteral) &&
    !namesColumnOf(scope, [targetList, fromClause], notes) &&
    namesColumnOf(scope, whereClause, notes) &&
    !holdsSubLink(whereClause)
  )
}

function isColumnOrLiteral(node: Node): boolean {
  const target = 'ResTarget' in node ? node.ResTarget.val : undefined
  return target !== undefined && ('A_Const' in target || 'ColumnRef' in target)
}

function holdsSubLink(tree: unknown): boolean {
  return isTree(tree) && someMember(tree, (kind, value) => kind === 'SubLink' || holdsSubLink(value))
}
