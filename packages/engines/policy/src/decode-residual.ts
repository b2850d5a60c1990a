import type { PolicyJson, ResidualResponse } from '@cedar-policy/cedar-wasm/nodejs'
import { type Expr, isLiteral, type Known, LockstepError, type PolicyResidual, substitute, TRUE } from '@lockstep/core'
import { decodeExpr } from './decode-expr.ts'
import type { PolicySource } from './policy-bundle.ts'

/**
 * Reads what partial evaluation left of each policy that was asked, simplified. Policies that can no longer apply are absent.
 *
 * Where the right side of `&&` or `||` would raise an error and the left is still open, Cedar leaves the right as it was
 * written, with the policy's variables. `variables` puts the question's own parts there.
 *
 * @throws LockstepError `policy.evaluation-failed` when a policy raised an error, is missing from the answer, or has a form that
 * cannot be read
 */
export function decodeResidual(
  response: ResidualResponse,
  asked: readonly PolicySource[],
  variables: Readonly<Record<string, Expr>>,
  known: Known,
): readonly PolicyResidual[] {
  // An error means "skip this policy" to Cedar, which for a forbid would permit more.
  if (response.errored.length > 0) throw failed('a policy raised an error')
  return asked.flatMap((policy) => {
    const json = Object.hasOwn(response.residuals, policy.id) ? response.residuals[policy.id] : undefined
    if (json?.effect !== policy.effect) throw failed('a policy is missing from the residual')
    const when = substitute(bodyOf(json), variables, known)
    return isLiteral(when, false) ? [] : [{ policyId: policy.id, effect: policy.effect, when }]
  })
}

function bodyOf(json: PolicyJson): Expr {
  // Partial evaluation moves the scope into the condition; a scope that is still there would be lost here.
  if ([json.principal, json.action, json.resource].some((scope) => scope.op !== 'All')) {
    throw failed('a residual has a scope')
  }
  return json.conditions.reduce<Expr>((all, clause) => {
    const body = decodeExpr(clause.body)
    return { op: 'and', left: all, right: clause.kind === 'when' ? body : { op: 'not', of: body } }
  }, TRUE)
}

function failed(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
