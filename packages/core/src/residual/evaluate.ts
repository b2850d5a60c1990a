import type { Value } from '../entity.ts'
import { type Bindings, compile, type Evaluator } from './compile.ts'
import type { Known } from './known.ts'
import type { Expr } from './residual.ts'

/** A condition is evaluated for row after row: each is compiled once, for as long as it lives. */
const compiled = new WeakMap<Expr, Evaluator>()

/**
 * Evaluates an expression in which nothing is unknown any more, with Cedar's meaning (see `compile`).
 *
 * @param bindings values for the unknowns, by name; a row may be given as a record of its attributes
 * @param known entity facts, needed to read attributes and tags of entities and to follow `in`
 * @throws LockstepError `policy.evaluation-failed` on whatever Cedar would call an error (wrong kind, missing attribute,
 * overflow), on an integer outside the safe range, on an unknown without a binding and on a hierarchy that no fact tells.
 * The answer is then a denial.
 */
export function evaluate(expr: Expr, bindings: Bindings = {}, known: Known = {}): Value {
  let evaluator = compiled.get(expr)
  if (!evaluator) {
    evaluator = compile(expr)
    compiled.set(expr, evaluator)
  }
  return evaluator(bindings, known)
}
