import { type Bindings, compile, type Expr, type Known, partsOf, type ReadFact, type Value } from '@lockstep/core'
import { VARIABLES } from './decode-expr.ts'

/** What a path can begin with, by the name of its unknown. */
const ROOTS: Readonly<Record<string, string>> = {
  [VARIABLES.principal]: 'principal',
  [VARIABLES.resource]: 'resource',
  [VARIABLES.context]: 'context',
}

/** The attributes that an expression names, as paths from the variables of a policy, each with its value under these bindings. */
export function readFacts(expr: Expr, bindings: Bindings, known: Known): readonly ReadFact[] {
  const found = new Map<string, ReadFact>()
  const visit = (node: Expr): void => {
    // Types are part of the question: asking for one reads nothing.
    if (node.op === 'is' && node.of.op === 'unknown') return
    const path = pathOf(node)
    if (path !== undefined) {
      if (!found.has(path.name)) {
        found.set(path.name, { path: path.name, value: valueAt(path.of, bindings, known), withheld: false })
      }
      return
    }
    for (const child of partsOf(node)) visit(child)
  }
  visit(expr)
  return [...found.values()]
}

/** The longest path that begins here; asking whether an attribute is there reads it as well. */
function pathOf(expr: Expr): { readonly name: string; readonly of: Expr } | undefined {
  if (expr.op === 'unknown') {
    const root = Object.hasOwn(ROOTS, expr.name) ? ROOTS[expr.name] : undefined
    return root === undefined ? undefined : { name: root, of: expr }
  }
  if (expr.op !== 'get' && expr.op !== 'has') return undefined
  const base = pathOf(expr.of)
  const of: Expr = { op: 'get', of: expr.of, attribute: expr.attribute }
  return base && { name: `${base.name}.${expr.attribute}`, of }
}

function valueAt(expr: Expr, bindings: Bindings, known: Known): Value | undefined {
  try {
    return compile(expr)(bindings, known)
  } catch {
    // There is no such attribute.
    return undefined
  }
}
