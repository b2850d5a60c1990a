import { LockstepError } from '@lockstep/core'
import type { Node } from 'libpg-query'
import type { Scope } from '../resolve/scope.ts'
import { column, combine, truth } from '../statement/ast.ts'
import { conjunctsOf, mapConjuncts } from './conjuncts.ts'
import { type Decision, decideConjunct, nameOf } from './decide-conjunct.ts'
import { fence } from './fence.ts'
import { exportOk, guard, hide } from './guard.ts'
import { comparable, createJudge, type Judge } from './judge-expression.ts'
import { subQueryJudge } from './judge-sub-query.ts'
import { leaveOutUnasked } from './leave-out-unasked.ts'
import type { BarrierNotes, Condition, Star } from './notes.ts'
import { reachOf, reachOfColumn } from './reach.ts'
import { keepBehindFence, type TableUse } from './table-use.ts'

/**
 * Keeps conditions of a resolved statement from telling of rows that a filter hides, in place. Each conjunct is judged by
 * itself: what raises no error and has no effect may run on any row, and costs nothing; what may fail runs behind a guard,
 * where its tables can be named; and tables that no guard can stand for are fenced.
 *
 * What a statement selects, groups or orders by runs on rows that the filters have let through.
 *
 * @param parameters how often each parameter stands in the statement
 */
export function raiseBarrier(parameters: ReadonlyMap<number, number>, notes: BarrierNotes): void {
  const judge = createJudge(notes, parameters, subQueryJudge(notes))
  for (const { columns, scope } of notes.stars) {
    if (!columns) for (const { use } of scope.entries) if (use) keepAsItIs(use)
  }
  fenceMerged(judge, notes)
  fenceArguments(notes)

  const decisions = new Map<Node, Decision>()
  for (const condition of notes.conditions) {
    for (const conjunct of conjunctsOf(condition.clause)) {
      decisions.set(conjunct, decideConjunct(conjunct, condition, judge, notes))
    }
  }
  for (const condition of notes.conditions) copyInside(condition, decisions, notes)
  for (const { clause, replace, scope } of notes.conditions) {
    replace(mapConjuncts(clause, (conjunct) => carryOut(conjunct, decisions.get(conjunct), scope)))
  }
  for (const use of notes.uses) buildUse(use)
  for (const star of notes.stars) spellOutStar(star)
}

/** Under a `*` that cannot be spelled out, a table shows the columns that it has and no other. */
function keepAsItIs(use: TableUse): void {
  if (use.named.size > 0) throw new LockstepError('execution.statement-unsupported', 'name the columns instead of `*`')
  use.canExport = false
}

/** Columns that USING compares have no expression that a guard could stand around. */
function fenceMerged(judge: Judge, notes: BarrierNotes): void {
  for (const pair of notes.merged) {
    const [left, right] = [judge.column(pair[0]), judge.column(pair[1])]
    if (left.isQuiet && right.isQuiet && comparable(left, right)) continue
    for (const item of pair) {
      const { uses, isBoundless } = reachOfColumn(item, notes)
      for (const use of isBoundless ? notes.uses : uses) keepBehindFence(use)
    }
  }
}

/** PostgreSQL may put the body of a function in the place of its call, and its conditions beside those of the tables that it is called with. */
function fenceArguments(notes: BarrierNotes): void {
  const { uses, isBoundless } = reachOf(notes.callArguments, notes)
  for (const use of isBoundless ? notes.uses : uses) keepBehindFence(use)
}

/** Copies what may run on any row, and looks at one table alone, to the inside of that table's fence. */
function copyInside(
  { at, clause, scope }: Condition,
  decisions: ReadonlyMap<Node, Decision>,
  notes: BarrierNotes,
): void {
  if (at !== 'where') return
  for (const conjunct of conjunctsOf(clause)) {
    const [use, ...more] = reachOf(conjunct, notes).uses
    if (!use || more.length > 0 || decisions.get(conjunct)?.by !== 'nothing') continue
    if (!use.isFenced) continue
    // behind an outer join, a condition on NULLs would find other rows inside
    if (use.isNullable || !scope.entries.some((entry) => entry.use === use)) continue
    const copy = copyFor(use, conjunct, notes)
    if (copy) use.inside.push(copy)
  }
}

/** A condition in the terms of the table itself; `undefined` where it names anything else. */
function copyFor(use: TableUse, conjunct: Node, notes: BarrierNotes): Node | undefined {
  let isWhole = true
  const copy = <T>(tree: T): T => {
    if (typeof tree !== 'object' || tree === null) return tree
    if (Array.isArray(tree)) return tree.map(copy) as T
    const entries = Object.entries(tree).map(([kind, value]) => {
      if (kind === 'SubLink') isWhole = false
      if (kind !== 'ColumnRef') return [kind, copy(value)]
      const meaning = notes.meanings.get(value)
      const isOwn = meaning?.source?.from === 'table' && meaning.source.use === use
      if (!isOwn || !meaning.origin) isWhole = false
      return Object.entries(column(use.table, meaning?.origin?.column ?? ''))[0] ?? []
    })
    return Object.fromEntries(entries)
  }
  const made = copy(conjunct)
  return isWhole ? made : undefined
}

function carryOut(conjunct: Node, decision: Decision | undefined, scope: Scope): Node {
  switch (decision?.by) {
    case 'guard': {
      const names = exported(decision.uses, scope)
      return names.length > 0 ? guard(conjunct, names, truth(false)) : hide(conjunct)
    }
    case 'operands': {
      const guarded = (node: Node): Node => guard(node, exported(decision.operands.get(node) ?? [], scope))
      if ('SubLink' in conjunct && conjunct.SubLink.testexpr) {
        return { SubLink: { ...conjunct.SubLink, testexpr: guarded(conjunct.SubLink.testexpr) } }
      }
      if (!('A_Expr' in conjunct)) return conjunct
      const { lexpr, rexpr } = conjunct.A_Expr
      return {
        A_Expr: {
          ...conjunct.A_Expr,
          ...(lexpr && { lexpr: guarded(lexpr) }),
          ...(rexpr && { rexpr: guarded(rexpr) }),
        },
      }
    }
    case 'fence':
      return decision.isHidden ? hide(conjunct) : conjunct
    default:
      return conjunct
  }
}

/** The names by which the uses that ended without a fence tell whether their filters hold. */
function exported(uses: readonly TableUse[], scope: Scope): readonly string[] {
  return uses.flatMap((use) => {
    const name = nameOf(use, scope)
    if (use.isFenced || name === undefined) return []
    use.isExporting = true
    return [name]
  })
}

function buildUse(use: TableUse): void {
  const { select, inside, isFenced, isExporting } = use
  leaveOutUnasked(use)
  if (isExporting) exportOk(select)
  if (!isFenced) return
  const filter = select.whereClause ?? truth(true)
  select.whereClause = inside.reduce((left, right) => combine('AND_EXPR', left, right), filter)
  fence(select)
}

/** `*` must not show the column that a guard looks at. */
function spellOutStar({ select, target, columns, scope }: Star): void {
  const isShown = (level: Scope | undefined): boolean =>
    level !== undefined &&
    (level.entries.some(({ use }) => use?.isExporting || (use && use.named.size > 0)) || isShown(level.outer))
  if (!columns || !isShown(scope)) return
  const targets = columns.map((val): Node => ({ ResTarget: { val } }))
  select.targetList = (select.targetList ?? []).flatMap((node) =>
    'ResTarget' in node && node.ResTarget === target ? targets : [node],
  )
}
