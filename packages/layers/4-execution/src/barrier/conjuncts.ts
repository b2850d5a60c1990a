import type { Node } from 'libpg-query'

/** The parts of a condition that must all hold. */
export function conjunctsOf(clause: Node): readonly Node[] {
  if (!('BoolExpr' in clause) || clause.BoolExpr.boolop !== 'AND_EXPR') return [clause]
  return (clause.BoolExpr.args ?? []).flatMap(conjunctsOf)
}

/** The condition with each of its conjuncts replaced. */
export function mapConjuncts(clause: Node, replace: (conjunct: Node) => Node): Node {
  if (!('BoolExpr' in clause) || clause.BoolExpr.boolop !== 'AND_EXPR') return replace(clause)
  const args = (clause.BoolExpr.args ?? []).map((part) => mapConjuncts(part, replace))
  return { BoolExpr: { ...clause.BoolExpr, args } }
}
