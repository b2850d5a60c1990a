import { FALSE, isLiteral } from './literals.ts'
import type { Expr, PolicyResidual, Residual } from './residual.ts'
import { conjoin, disjoin, negated } from './simplify.ts'

/**
 * One expression for a whole residual: some permit holds, and no forbid does. Without a permit it is the literal `false`.
 */
export function condition(residual: Residual): Expr {
  const permits = anyOf(residual.policies, 'permit')
  const forbids = anyOf(residual.policies, 'forbid')
  // An error in a permit is a denial as well, so nothing needs to be evaluated here.
  if (isLiteral(forbids, true)) return FALSE
  return conjoin(permits, negated(forbids))
}

function anyOf(policies: readonly PolicyResidual[], effect: PolicyResidual['effect']): Expr {
  return policies.reduce<Expr>((all, policy) => (policy.effect === effect ? disjoin(all, policy.when) : all), FALSE)
}
