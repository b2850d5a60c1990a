import type { Value } from '../entity.ts'
import { LockstepError } from '../lockstep-error.ts'
import { applyBinary, applyLike, applyNegate } from './apply-operator.ts'
import { hasAttribute, type Known, readAttribute } from './known.ts'
import type { Expr } from './residual.ts'

/**
 * Evaluates an expression in which nothing is unknown any more, with Cedar's meaning: left to right, `&&`, `||` and `if`
 * only as far as needed.
 *
 * @param bindings values for the unknowns, by name; a row may be given as a record of its attributes
 * @param known entity facts, needed to read attributes of entities and to follow `in`
 * @throws LockstepError `policy.evaluation-failed` on whatever Cedar would call an error (wrong kind, missing attribute,
 * overflow), on an integer outside the safe range, on an unknown without a binding and on a hierarchy that no fact tells.
 * The answer is then a denial.
 */
export function evaluate(expr: Expr, bindings: Readonly<Record<string, Value>> = {}, known: Known = {}): Value {
  const run = (inner: Expr): Value => evaluate(inner, bindings, known)
  switch (expr.op) {
    case 'value':
      return checked(expr.value)
    case 'unknown':
      if (!Object.hasOwn(bindings, expr.name)) throw failure('an unknown has no value')
      return checked(bindings[expr.name]!)
    case 'get':
      return checked(readAttribute(known, run(expr.of), expr.attribute) ?? fail('an attribute is missing'))
    case 'has':
      return hasAttribute(known, run(expr.of), expr.attribute) ?? fail('the attributes of an entity are not known')
    case 'and':
      return truth(run(expr.left)) && truth(run(expr.right))
    case 'or':
      return truth(run(expr.left)) || truth(run(expr.right))
    case 'not':
      return !truth(run(expr.of))
    case 'if':
      return truth(run(expr.test)) ? run(expr.then) : run(expr.else)
    case 'is': {
      const of = run(expr.of)
      if (typeof of !== 'object' || !('entity' in of)) throw failure('a type test on something that is no entity')
      return of.entity.type === expr.type
    }
    case 'like':
      return applyLike(run(expr.of), expr.pattern) ?? fail('a pattern on something that is no string')
    case 'negate':
      return applyNegate(run(expr.of)) ?? fail('an integer is not one, or is out of range')
    case 'set':
      return { set: expr.items.map(run) }
    case 'record':
      return { record: Object.fromEntries(Object.entries(expr.fields).map(([name, field]) => [name, run(field)])) }
    default:
      return (
        applyBinary(expr.op, run(expr.left), run(expr.right), known) ??
        fail('operands do not fit, an integer is out of range, or a hierarchy is not known')
      )
  }
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw failure('a condition is not a boolean')
  return value
}

// attacker-controlled: a record may come from a tool's result; a double that is no safe integer must not be compared.
function checked(value: Value): Value {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw failure('a number is no safe integer')
  return value
}

function fail(detail: string): never {
  throw failure(detail)
}

function failure(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
