import {
  alwaysFails,
  cannotFail,
  type Expr,
  isLiteral,
  LockstepError,
  literal,
  mergeBounds,
  neverHolds,
  type OpenQuestion,
  type PolicyResidual,
  substitute,
} from '@lockstep/core'
import { answerQuestion, refValue } from './answer-question.ts'
import { compilePolicies, type PolicySlice } from './compiled-policies.ts'
import { VARIABLES } from './decode-expr.ts'
import { type FittedQuestion, fitQuestion } from './fit-question.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import type { PolicyEngine } from './policy-engine.ts'
import { failedDecision, toDecision } from './to-decision.ts'

/**
 * The evaluator of our own: Cedar's policies compiled to closures, sliced by action and types.
 *
 * cedar-wasm parses and validates what is evaluated here, and is the reference that it is held equal to; it does not serve on the hot path
 * because it takes the entities as JSON and parses them at every call, grows with the policies of all tools, and its evaluation with unknowns
 * is experimental, unnormalized and parses the policies again.
 */
export function createLockstepEngine(bundle: PolicyBundle): PolicyEngine {
  const slice = compilePolicies(bundle)
  return {
    decide(question) {
      try {
        return toDecision(answerQuestion(question, fitQuestion(question, bundle.rules), slice), bundle)
      } catch {
        return failedDecision(bundle)
      }
    },
    residual(question) {
      const fitted = fitQuestion(question, bundle.rules)
      return { policies: residualPolicies(question, fitted, slice), policyVersion: bundle.version }
    },
  }
}

/** What is left of each policy that can still apply; see `Residual`. */
function residualPolicies(
  question: OpenQuestion,
  fitted: FittedQuestion,
  slice: PolicySlice,
): readonly PolicyResidual[] {
  const { principal, action, resource } = question
  const open = !('id' in resource)
  const bindings = {
    [VARIABLES.principal]: refValue(principal),
    [VARIABLES.resource]: open ? unknown('resource') : refValue(resource),
    [VARIABLES.context]: contextExpr(fitted),
  }
  const known = { facts: fitted.facts, types: open ? { resource: resource.type } : {} }
  return slice(action, principal.type, resource.type).flatMap(({ id, effect, when }) => {
    const left = mergeBounds(substitute(when, bindings, known))
    // An error means "skip this policy" to Cedar, which for a forbid would permit more.
    if (alwaysFails(left)) throw new LockstepError('policy.evaluation-failed', 'a policy raised an error')
    const never = isLiteral(left, false) || (neverHolds(left) && cannotFail(left))
    return never ? [] : [{ policyId: id, effect, when: left }]
  })
}

function contextExpr({ context, open }: FittedQuestion): Expr {
  const known = Object.entries(context).map(([name, value]) => [name, literal(value)] as const)
  const rest = open.map((name) => [name, unknown(`context.${name}`)] as const)
  return { op: 'record', fields: Object.fromEntries([...known, ...rest]) }
}

function unknown(name: string): Expr {
  return { op: 'unknown', name }
}
