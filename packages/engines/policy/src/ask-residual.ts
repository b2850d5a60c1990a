import {
  type EntityRef,
  type Expr,
  LockstepError,
  literal,
  type OpenQuestion,
  type PolicyResidual,
  type Residual,
} from '@lockstep/core'
import { callCedar } from './cedar.ts'
import { VARIABLES } from './decode-expr.ts'
import { decodeResidual } from './decode-residual.ts'
import { encodeOpenQuestion, isFact, type OpenCall } from './encode-question.ts'
import type { PolicySource } from './policy-bundle.ts'
import type { PreparedPolicies } from './prepared-policies.ts'

/**
 * Evaluates the policy as far as an open question allows, and returns what is left.
 *
 * Cedar folds what is known; this asks it only about policies that can apply to the question's principal type, action and
 * resource type, then simplifies.
 *
 * @throws LockstepError `policy.evaluation-failed`
 */
export function askResidual(question: OpenQuestion, prepared: PreparedPolicies): Residual {
  const { bundle } = prepared
  const call = encodeOpenQuestion(question, prepared)
  checkAgainstSchema(call)
  const asked = [...bundle.policies.values()].filter(
    (policy) =>
      policy.actions.has(question.action) &&
      policy.principals.has(question.principal.type) &&
      policy.resources.has(question.resource.type),
  )
  return { policies: partial(question, call, asked, bundle.schema), policyVersion: bundle.version }
}

function checkAgainstSchema(call: OpenCall): void {
  const answer = callCedar((cedar) => cedar.statefulIsAuthorized(call.check))
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0) {
    throw new LockstepError('policy.evaluation-failed', 'the question does not fit the schema')
  }
}

function partial(
  question: OpenQuestion,
  call: OpenCall,
  asked: readonly PolicySource[],
  schema: string,
): readonly PolicyResidual[] {
  if (asked.length === 0) return []
  const answer = callCedar((cedar) =>
    cedar.isAuthorizedPartial({
      principal: call.check.principal,
      action: call.check.action,
      resource: call.resource,
      context: call.context,
      // The schema brings the action hierarchy. Cedar would refuse unknowns in a validated request, hence the check before.
      schema,
      validateRequest: false,
      policies: { staticPolicies: Object.fromEntries(asked.map((policy) => [policy.id, policy.text])) },
      entities: call.entities,
    }),
  )
  if (answer.type !== 'residuals') {
    throw new LockstepError('policy.evaluation-failed', 'the question could not be evaluated in part')
  }
  const types = isFact(question.resource) ? {} : { resource: question.resource.type }
  return decodeResidual(answer.response, asked, variablesOf(question, call), { types })
}

/** The question's parts as expressions, for what Cedar leaves unevaluated. */
function variablesOf(question: OpenQuestion, call: OpenCall): Readonly<Record<string, Expr>> {
  const { context, resource } = question
  const known = Object.entries(context).filter(([name]) => Object.hasOwn(call.context, name))
  const open = question.unknownContext.filter((name) => Object.hasOwn(call.context, name))
  return {
    [VARIABLES.principal]: entityExpr(question.principal),
    [VARIABLES.action]: entityExpr({ type: 'Action', id: question.action }),
    [VARIABLES.resource]: isFact(resource) ? entityExpr(resource) : { op: 'unknown', name: 'resource' },
    [VARIABLES.context]: {
      op: 'record',
      fields: Object.fromEntries([
        ...known.map(([name, value]) => [name, literal(value)] as const),
        ...open.map((name) => [name, { op: 'unknown', name: `context.${name}` }] as const),
      ]),
    },
  }
}

function entityExpr({ type, id }: EntityRef): Expr {
  return literal({ entity: { type, id } })
}
