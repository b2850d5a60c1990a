import { alwaysFails } from './always-fails.ts'
import { cannotFail, PRINCIPAL } from './cannot-fail.ts'
import { FALSE, isLiteral, TRUE } from './literals.ts'
import type { Expr } from './residual.ts'
import { choose, conjoin, disjoin, negated } from './simplify.ts'

/**
 * A condition that holds exactly where another one is true without an error, and raises none itself for an entity that is not
 * there: before a path such as `resource.order.tenant` is read it asks `resource.order has tenant`, which Cedar answers with
 * false for an entity that it does not know. So one policy that cannot be evaluated says nothing about its neighbors.
 *
 * Other errors (an overflow) cannot be asked about ahead and stay errors.
 *
 * @param expr simplified with complete facts: what is known and could not be folded is an error
 */
export function whenTrue(expr: Expr): Expr {
  if (cannotFail(expr)) return expr
  switch (expr.op) {
    case 'not':
      return whenFalse(expr.of)
    case 'and':
      return conjoin(whenTrue(expr.left), whenTrue(expr.right))
    case 'or':
      if (cannotFail(expr.left)) return disjoin(expr.left, whenTrue(expr.right))
      break
    case 'if':
      if (cannotFail(expr.test)) return choose(expr.test, whenTrue(expr.then), whenTrue(expr.else))
      break
  }
  return guarded(expr, expr)
}

/** A condition that holds exactly where another one is false without an error; otherwise as `whenTrue`. */
export function whenFalse(expr: Expr): Expr {
  if (cannotFail(expr)) return negated(expr)
  switch (expr.op) {
    case 'not':
      return whenTrue(expr.of)
    case 'or':
      return conjoin(whenFalse(expr.left), whenFalse(expr.right))
    case 'and':
      if (cannotFail(expr.left)) return disjoin(negated(expr.left), whenFalse(expr.right))
      break
    case 'if':
      if (cannotFail(expr.test)) return choose(expr.test, whenFalse(expr.then), whenFalse(expr.else))
      break
  }
  return guarded(expr, negated(expr))
}

function guarded(expr: Expr, then: Expr): Expr {
  const guard = succeeds(expr)
  return isLiteral(guard, false) ? FALSE : conjoin(guard, then)
}

/** Whether evaluating an expression finds every entity that it reads. Each part stands behind what it takes to reach it. */
function succeeds(expr: Expr): Expr {
  if (cannotFail(expr)) return TRUE
  if (alwaysFails(expr)) return FALSE
  switch (expr.op) {
    case 'value':
    case 'unknown':
      return TRUE
    case 'get': {
      const isThere = expr.of.op === 'unknown' && expr.of.name !== PRINCIPAL
      return isThere ? TRUE : conjoin(succeeds(expr.of), { op: 'has', of: expr.of, attribute: expr.attribute })
    }
    case 'and':
      return conjoin(succeeds(expr.left), reached(negated(expr.left), succeeds(expr.right)))
    case 'or':
      return conjoin(succeeds(expr.left), reached(expr.left, succeeds(expr.right)))
    case 'if':
      return conjoin(succeeds(expr.test), choose(expr.test, succeeds(expr.then), succeeds(expr.else)))
    case 'has':
    case 'not':
    case 'is':
    case 'like':
    case 'negate':
      return succeeds(expr.of)
    case 'call':
      return all(expr.args)
    case 'set':
      return all(expr.items)
    case 'record':
      return all(Object.values(expr.fields))
    default:
      return all([expr.left, expr.right])
  }
}

/** What is asked of a right side, unless the left side already decides; the left side was found to succeed. */
function reached(decided: Expr, guard: Expr): Expr {
  return isLiteral(guard, true) ? TRUE : disjoin(decided, guard)
}

function all(parts: readonly Expr[]): Expr {
  return parts.reduce<Expr>((left, right) => conjoin(left, succeeds(right)), TRUE)
}
