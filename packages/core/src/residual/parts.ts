import type { Expr } from './residual.ts'

/** The expressions that an expression is made of, in the order in which they are evaluated. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'value':
    case 'unknown':
      return []
    case 'get':
    case 'has':
    case 'is':
    case 'like':
    case 'not':
    case 'negate':
      return [expr.of]
    case 'if':
      return [expr.test, expr.then, expr.else]
    case 'call':
      return expr.args
    case 'set':
      return expr.items
    case 'record':
      return Object.values(expr.fields)
    default:
      return [expr.left, expr.right]
  }
}

/** The same expression with each of its parts changed; the parts' own parts are up to `change`. */
export function withParts(expr: Expr, change: (part: Expr) => Expr): Expr {
  switch (expr.op) {
    case 'value':
    case 'unknown':
      return expr
    case 'get':
    case 'has':
    case 'is':
    case 'like':
    case 'not':
    case 'negate':
      return { ...expr, of: change(expr.of) }
    case 'if': {
      const then = change(expr.then)
      return { op: 'if', test: change(expr.test), then, else: change(expr.else) }
    }
    case 'call':
      return { ...expr, args: expr.args.map(change) }
    case 'set':
      return { op: 'set', items: expr.items.map(change) }
    case 'record': {
      const fields = Object.entries(expr.fields).map(([name, field]) => [name, change(field)] as const)
      return { op: 'record', fields: Object.fromEntries(fields) }
    }
    default:
      return { ...expr, left: change(expr.left), right: change(expr.right) }
  }
}
