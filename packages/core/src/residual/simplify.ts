import type { Value } from '../entity.ts'
import { applyBinary, applyLike, applyNegate } from './apply-operator.ts'
import { cannotFail } from './cannot-fail.ts'
import { applyExtension } from './extension/apply-extension.ts'
import { hasAttribute, type Known, readAttribute } from './known.ts'
import { FALSE, isLiteral, literal, TRUE } from './literals.ts'
import type { Expr } from './residual.ts'
import { simplifyBinary } from './simplify-binary.ts'

/**
 * Folds what is known into an expression. The result has the same value as the expression for every completion of its
 * unknowns, provided that the expression comes from a strictly validated policy.
 *
 * Cedar evaluates from left to right, and an error anywhere skips the policy. So `false && x` folds always, but
 * `x && false` and `x || true` fold only when `x` cannot raise an error (see `cannotFail`): otherwise a policy that Cedar skips
 * would be answered here. What cannot be folded stays as it is; nothing is ever reordered, because a test on the left may
 * guard what stands on its right.
 *
 * @param known entity facts and types of unknowns that may be folded in as well
 */
export function simplify(expr: Expr, known: Known = {}): Expr {
  return specialize(expr, {}, known)
}

/**
 * Puts values or expressions in the place of unknowns, by name, and simplifies; both in one walk, so that what a false left side
 * makes irrelevant is not even looked at. Unknowns that are not named stay.
 *
 * @example
 * ```ts
 * substitute(condition, { 'context.field': 'bank', 'context.form': 'masked' })
 * ```
 */
export function substitute(expr: Expr, bindings: Substitutes, known: Known = {}): Expr {
  return specialize(expr, bindings, known)
}

/** What stands for unknowns, by their names. */
export type Substitutes = Readonly<Record<string, Value | Expr>>

function specialize(expr: Expr, bindings: Substitutes, known: Known): Expr {
  const simplify = (inner: Expr) => specialize(inner, bindings, known)
  switch (expr.op) {
    case 'value':
      return expr
    case 'unknown': {
      const binding = Object.hasOwn(bindings, expr.name) ? bindings[expr.name] : undefined
      if (binding === undefined) return expr
      // What is put in speaks of other unknowns, even where they are called the same.
      return isExpr(binding) ? specialize(binding, {}, known) : literal(binding)
    }
    case 'get':
      return simplifyGet(simplify(expr.of), expr.attribute, known)
    case 'has':
      return simplifyHas(simplify(expr.of), expr.attribute, known)
    case 'and': {
      const left = simplify(expr.left)
      return isLiteral(left, false) ? left : conjoin(left, simplify(expr.right))
    }
    case 'or': {
      const left = simplify(expr.left)
      return isLiteral(left, true) ? left : disjoin(left, simplify(expr.right))
    }
    case 'not':
      return negated(simplify(expr.of))
    case 'if': {
      const test = simplify(expr.test)
      if (isLiteral(test, true)) return simplify(expr.then)
      if (isLiteral(test, false)) return simplify(expr.else)
      return choose(test, simplify(expr.then), simplify(expr.else))
    }
    case 'is': {
      const of = simplify(expr.of)
      const type = typeOf(of, known)
      return type === undefined ? { ...expr, of } : literal(type === expr.type)
    }
    case 'like': {
      const of = simplify(expr.of)
      return folded(of.op === 'value' ? applyLike(of.value, expr.pattern) : undefined, { ...expr, of })
    }
    case 'negate': {
      const of = simplify(expr.of)
      return folded(of.op === 'value' ? applyNegate(of.value) : undefined, { op: 'negate', of })
    }
    case 'call': {
      const args = expr.args.map(simplify)
      const values = valuesOf(args)
      return folded(values && applyExtension(expr.name, values), { op: 'call', name: expr.name, args })
    }
    case 'set':
      return simplifySet(expr.items.map(simplify))
    case 'record':
      return simplifyRecord(Object.entries(expr.fields).map(([name, field]) => [name, simplify(field)]))
    default: {
      const left = simplify(expr.left)
      const right = simplify(expr.right)
      if (left.op === 'value' && right.op === 'value') {
        return folded(applyBinary(expr.op, left.value, right.value, known), { op: expr.op, left, right })
      }
      return simplifyBinary(expr.op, left, right, known)
    }
  }
}

/** `left && right`, folded; both are simplified already. */
export function conjoin(left: Expr, right: Expr): Expr {
  if (isLiteral(left, false) || isLiteral(right, true)) return left
  if (isLiteral(left, true)) return right
  if (isLiteral(right, false) && cannotFail(left)) return FALSE
  return { op: 'and', left, right }
}

/** `left || right`, folded; both are simplified already. */
export function disjoin(left: Expr, right: Expr): Expr {
  if (isLiteral(left, true) || isLiteral(right, false)) return left
  if (isLiteral(left, false)) return right
  if (isLiteral(right, true) && cannotFail(left)) return TRUE
  return { op: 'or', left, right }
}

/** `!of`, folded; `of` is simplified already. */
export function negated(of: Expr): Expr {
  if (of.op === 'not') return of.of
  return of.op === 'value' && typeof of.value === 'boolean' ? literal(!of.value) : { op: 'not', of }
}

/** `if test then ... else ...`, folded; all are simplified already, and `test` is not known. */
export function choose(test: Expr, then: Expr, otherwise: Expr): Expr {
  // The boolean forms are what the compilers and `limits` read best; each evaluates the same operands in the same order.
  if (isLiteral(then, true)) return disjoin(test, otherwise)
  if (isLiteral(then, false)) return conjoin(negated(test), otherwise)
  if (isLiteral(otherwise, false)) return conjoin(test, then)
  if (isLiteral(otherwise, true)) return disjoin(negated(test), then)
  return { op: 'if', test, then, else: otherwise }
}

function simplifyGet(of: Expr, attribute: string, known: Known): Expr {
  const kept: Expr = { op: 'get', of, attribute }
  if (of.op === 'value') return folded(readAttribute(known, of.value, attribute), kept)
  if (of.op === 'record' && Object.hasOwn(of.fields, attribute) && cannotFail(of)) return of.fields[attribute]!
  return kept
}

function simplifyHas(of: Expr, attribute: string, known: Known): Expr {
  const kept: Expr = { op: 'has', of, attribute }
  if (of.op === 'value') return folded(hasAttribute(known, of.value, attribute), kept)
  return of.op === 'record' && cannotFail(of) ? literal(Object.hasOwn(of.fields, attribute)) : kept
}

function simplifySet(items: readonly Expr[]): Expr {
  const values = valuesOf(items)
  return values ? literal({ set: values }) : { op: 'set', items }
}

function simplifyRecord(fields: readonly (readonly [string, Expr])[]): Expr {
  const values = valuesOf(fields.map(([, field]) => field))
  if (!values) return { op: 'record', fields: Object.fromEntries(fields) }
  return literal({ record: Object.fromEntries(fields.map(([name], index) => [name, values[index]!])) })
}

function valuesOf(items: readonly Expr[]): readonly Value[] | undefined {
  const values = items.flatMap((item) => (item.op === 'value' ? [item.value] : []))
  return values.length === items.length ? values : undefined
}

function typeOf(of: Expr, known: Known): string | undefined {
  if (of.op === 'unknown') {
    return known.types && Object.hasOwn(known.types, of.name) ? known.types[of.name] : undefined
  }
  return of.op === 'value' && typeof of.value === 'object' && 'entity' in of.value ? of.value.entity.type : undefined
}

function isExpr(binding: Value | Expr): binding is Expr {
  return typeof binding === 'object' && 'op' in binding
}

function folded(value: Value | undefined, kept: Expr): Expr {
  return value === undefined ? kept : literal(value)
}
