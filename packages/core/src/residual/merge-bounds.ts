import { atomBound } from './atom-bound.ts'
import { boundedPath } from './bounded-path.ts'
import { ANYTHING, type Box, intersect, isWithin } from './bounds.ts'
import { cannotFail } from './cannot-fail.ts'
import { FALSE, TRUE } from './literals.ts'
import type { Expr } from './residual.ts'
import { choose, conjoin, disjoin, negated } from './simplify.ts'

/** A member of a chain that is kept; `box` when it bounds something and cannot raise an error. */
interface Member {
  readonly expr: Expr
  readonly box: Box | undefined
}

/**
 * Merges the bounds that a simplified condition states more than once: of `a <= 5 && a <= 3` the second stays, `a == 1 && a == 2` is `false`,
 * `a < 5 || a > 2` is `true`. The result has the same value for every completion of its unknowns, and raises an error for the same ones.
 */
export function mergeBounds(expr: Expr): Expr {
  switch (expr.op) {
    case 'and':
    case 'or':
      return mergeChain(chainOf(expr, expr.op).map(mergeBounds), expr.op === 'and')
    case 'not':
      return negated(mergeBounds(expr.of))
    case 'if':
      return choose(expr.test, mergeBounds(expr.then), mergeBounds(expr.else))
    default:
      return expr
  }
}

/** The operands of nested `&&` (or nested `||`), in the order in which they are evaluated. */
function chainOf(expr: Expr, op: 'and' | 'or'): readonly Expr[] {
  return expr.op === op ? [...chainOf(expr.left, op), ...chainOf(expr.right, op)] : [expr]
}

/**
 * Merges a chain. In a conjunction a member is reached when those before it held; in a disjunction, when they did not: the two are each
 * other's mirror.
 */
function mergeChain(chain: readonly Expr[], all: boolean): Expr {
  const decided = all ? FALSE : TRUE
  const join = (members: readonly Expr[]) =>
    members.reduce<Expr>((left, right) => (all ? conjoin(left, right) : disjoin(left, right)), all ? TRUE : FALSE)
  let reached: Box = ANYTHING
  let kept: Member[] = []
  for (const expr of chain) {
    const atom = cannotFail(expr) ? atomBound(expr, all, boundedPath) : undefined
    if (atom === undefined) {
      kept.push({ expr, box: undefined })
      continue
    }
    const box: Box | undefined = atom === 'never' ? undefined : new Map([[atom.attribute, atom.bound]])
    if (box && isWithin(reached, box)) continue
    const both = box && intersect(reached, box)
    if (!box || !both) return join([...guarding(kept).map((member) => member.expr), decided])
    reached = both
    kept = [...withoutImplied(kept, box), { expr, box }]
  }
  return join(kept.map((member) => member.expr))
}

/** The members up to the last one that could raise an error: what stands behind it no longer matters once the chain is decided. */
function guarding(kept: readonly Member[]): readonly Member[] {
  return kept.slice(0, kept.findLastIndex(({ expr }) => !cannotFail(expr)) + 1)
}

/** Drops what the next member says more narrowly, back to the last member that could raise an error: that one must stay guarded. */
function withoutImplied(kept: readonly Member[], next: Box): readonly Member[] {
  const guarded = guarding(kept).length
  return kept.filter(({ box }, index) => index < guarded || !box || !isWithin(next, box))
}
