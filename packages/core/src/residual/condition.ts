import { FALSE, isLiteral } from './literals.ts'
import type { Expr, PolicyResidual, Residual } from './residual.ts'
import { conjoin, disjoin } from './simplify.ts'
import { whenFalse, whenTrue } from './without-fault.ts'

/**
 * One expression for a whole residual: some permit holds, and no forbid does. Without a permit it is the literal `false`.
 *
 * A permit that reads an entity that is not there permits nothing and leaves the others as they are; such a forbid denies,
 * because nobody can tell whether it would have forbidden.
 */
export function condition(residual: Residual): Expr {
  const permits = ofEffect(residual, 'permit').reduce<Expr>((all, { when }) => disjoin(all, whenTrue(when)), FALSE)
  const forbids = ofEffect(residual, 'forbid').reduce<Expr>((all, { when }) => disjoin(all, when), FALSE)
  // An error in a permit is a denial as well, so nothing needs to be evaluated here.
  if (isLiteral(forbids, true)) return FALSE
  return conjoin(permits, whenFalse(forbids))
}

function ofEffect({ policies }: Residual, effect: PolicyResidual['effect']): readonly PolicyResidual[] {
  return policies.filter((policy) => policy.effect === effect)
}
