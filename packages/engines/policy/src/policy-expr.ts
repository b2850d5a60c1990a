import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { type Expr, LockstepError, literal, simplify, TRUE } from '@lockstep/core'
import { decodeExpr, VARIABLES } from './decode-expr.ts'
import { decodeValue } from './decode-value.ts'

type EntityScope = PolicyJson['principal'] | PolicyJson['resource']

/**
 * A policy as one condition over its four variables: what its scope says of principal and resource, then its clauses. What the scope says of
 * the action is told by `policyReach` instead, which selects the policies of a question.
 *
 * @throws LockstepError `policy.evaluation-failed` for what has no form in `Expr`
 */
export function policyExpr(policy: PolicyJson): Expr {
  const parts = [...scopeExprs(policy), ...policy.conditions.map(clauseExpr)]
  return simplify(parts.reduce((left, right): Expr => ({ op: 'and', left, right }), TRUE))
}

/** What the scope says of principal and resource. */
function scopeExprs({ principal, resource }: PolicyJson): readonly Expr[] {
  return [scopeExpr(principal, VARIABLES.principal), scopeExpr(resource, VARIABLES.resource)]
}

/** What one clause demands. */
function clauseExpr({ kind, body }: PolicyJson['conditions'][number]): Expr {
  const clause = decodeExpr(body)
  return kind === 'when' ? clause : { op: 'not', of: clause }
}

function scopeExpr(scope: EntityScope, variable: string): Expr {
  const of: Expr = { op: 'unknown', name: variable }
  switch (scope.op) {
    case 'All':
      return TRUE
    case '==':
      return { op: 'equal', left: of, right: scopeEntity(scope) }
    case 'in':
      return { op: 'in', left: of, right: scopeEntity(scope) }
    case 'is': {
      const is: Expr = { op: 'is', of, type: scope.entity_type }
      return scope.in ? { op: 'and', left: is, right: { op: 'in', left: of, right: scopeEntity(scope.in) } } : is
    }
  }
}

function scopeEntity(scope: object): Expr {
  if (!('entity' in scope)) throw new LockstepError('policy.evaluation-failed', 'the policy is a template')
  return literal(decodeValue({ __entity: scope.entity }))
}
