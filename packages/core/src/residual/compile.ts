import type { Value } from '../entity.ts'
import { LockstepError } from '../lockstep-error.ts'
import { applyBinary, applyLike, applyNegate } from './apply-operator.ts'
import { applyExtension } from './extension/apply-extension.ts'
import { hasAttribute, type Known, readAttribute } from './known.ts'
import type { Expr } from './residual.ts'

/** Values for the unknowns of an expression, by name. */
export type Bindings = Readonly<Record<string, Value>>

/**
 * A compiled expression: a function of its unknowns and of entity facts.
 *
 * @throws LockstepError `policy.evaluation-failed` as `evaluate` does
 */
export type Evaluator = (bindings: Bindings, known: Known) => Value

/**
 * Compiles an expression into closures, with Cedar's meaning: from left to right, `&&`, `||` and `if` only as far as needed. What does not
 * depend on the unknowns' values, such as which operator to apply, is settled here, once.
 *
 * Not generated source text, which is some faster: policies would become code, and a runtime that forbids `eval` could not run it.
 */
export function compile(expr: Expr): Evaluator {
  switch (expr.op) {
    case 'value': {
      const value = expr.value
      // An inexact number is an error where it is used, not where it is written.
      return typeof value === 'number' && !Number.isSafeInteger(value) ? () => checked(value) : () => value
    }
    case 'unknown':
      return compileUnknown(expr.name)
    case 'get': {
      const of = compile(expr.of)
      const { attribute } = expr
      return (bindings, known) =>
        checked(readAttribute(known, of(bindings, known), attribute) ?? fail('an attribute is missing'))
    }
    case 'has': {
      const of = compile(expr.of)
      const { attribute } = expr
      return (bindings, known) =>
        hasAttribute(known, of(bindings, known), attribute) ?? fail('the attributes of an entity are not known')
    }
    case 'and': {
      const [left, right] = [compile(expr.left), compile(expr.right)]
      return (bindings, known) => truth(left(bindings, known)) && truth(right(bindings, known))
    }
    case 'or': {
      const [left, right] = [compile(expr.left), compile(expr.right)]
      return (bindings, known) => truth(left(bindings, known)) || truth(right(bindings, known))
    }
    case 'not': {
      const of = compile(expr.of)
      return (bindings, known) => !truth(of(bindings, known))
    }
    case 'if': {
      const [test, then, otherwise] = [compile(expr.test), compile(expr.then), compile(expr.else)]
      return (bindings, known) => (truth(test(bindings, known)) ? then(bindings, known) : otherwise(bindings, known))
    }
    case 'is': {
      const of = compile(expr.of)
      const { type } = expr
      return (bindings, known) => typeOf(of(bindings, known)) === type
    }
    case 'like': {
      const of = compile(expr.of)
      const { pattern } = expr
      return (bindings, known) =>
        applyLike(of(bindings, known), pattern) ?? fail('a pattern on something that is no string')
    }
    case 'negate': {
      const of = compile(expr.of)
      return (bindings, known) => applyNegate(of(bindings, known)) ?? fail('an integer is not one, or is out of range')
    }
    case 'call': {
      const args = expr.args.map(compile)
      const { name } = expr
      return (bindings, known) =>
        applyExtension(
          name,
          args.map((arg) => arg(bindings, known)),
        ) ?? fail('an extension value is not one, or is out of range')
    }
    case 'set': {
      const items = expr.items.map(compile)
      return (bindings, known) => ({ set: items.map((item) => item(bindings, known)) })
    }
    case 'record': {
      const fields = Object.entries(expr.fields).map(([name, field]) => [name, compile(field)] as const)
      return (bindings, known) => ({
        record: Object.fromEntries(fields.map(([name, field]) => [name, field(bindings, known)])),
      })
    }
    default: {
      const [left, right] = [compile(expr.left), compile(expr.right)]
      const { op } = expr
      return (bindings, known) =>
        applyBinary(op, left(bindings, known), right(bindings, known), known) ??
        fail('operands do not fit, an integer is out of range, or a hierarchy is not known')
    }
  }
}

function compileUnknown(name: string): Evaluator {
  return (bindings) => {
    const value = Object.hasOwn(bindings, name) ? bindings[name] : undefined
    return value === undefined ? fail('an unknown has no value') : checked(value)
  }
}

function typeOf(value: Value): string {
  if (typeof value !== 'object' || !('entity' in value)) return fail('a type test on something that is no entity')
  return value.entity.type
}

function truth(value: Value): boolean {
  return typeof value === 'boolean' ? value : fail('a condition is not a boolean')
}

// attacker-controlled: a record may come from a tool's result; a double that is no safe integer must not be compared.
function checked(value: Value): Value {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? fail('a number is no safe integer') : value
}

function fail(detail: string): never {
  throw new LockstepError('policy.evaluation-failed', detail)
}
