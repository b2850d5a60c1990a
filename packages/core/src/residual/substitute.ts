import type { Value } from '../entity.ts'
import type { Known } from './known.ts'
import { literal } from './literals.ts'
import type { Expr } from './residual.ts'
import { simplify } from './simplify.ts'

/**
 * Puts values or expressions in the place of unknowns, by name, and simplifies. Unknowns that are not named stay.
 *
 * @example
 * ```ts
 * substitute(condition, { 'context.field': 'bank', 'context.form': 'masked' })
 * ```
 */
export function substitute(expr: Expr, bindings: Readonly<Record<string, Value | Expr>>, known: Known = {}): Expr {
  return simplify(replace(expr, bindings), known)
}

function replace(expr: Expr, bindings: Readonly<Record<string, Value | Expr>>): Expr {
  switch (expr.op) {
    case 'value':
      return expr
    case 'unknown': {
      if (!Object.hasOwn(bindings, expr.name)) return expr
      const binding = bindings[expr.name]!
      return isExpr(binding) ? binding : literal(binding)
    }
    case 'get':
    case 'has':
    case 'not':
    case 'is':
    case 'like':
    case 'negate':
      return { ...expr, of: replace(expr.of, bindings) }
    case 'if': {
      const then = replace(expr.then, bindings)
      return { op: 'if', test: replace(expr.test, bindings), then, else: replace(expr.else, bindings) }
    }
    case 'set':
      return { op: 'set', items: expr.items.map((item) => replace(item, bindings)) }
    case 'record':
      return {
        op: 'record',
        fields: Object.fromEntries(
          Object.entries(expr.fields).map(([name, field]) => [name, replace(field, bindings)]),
        ),
      }
    default:
      return { ...expr, left: replace(expr.left, bindings), right: replace(expr.right, bindings) }
  }
}

function isExpr(binding: Value | Expr): binding is Expr {
  return typeof binding === 'object' && 'op' in binding
}
