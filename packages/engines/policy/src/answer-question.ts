import type { Bindings, EntityRef, Question, Value } from '@lockstep/core'
import type { PolicySlice } from './compiled-policies.ts'
import { VARIABLES } from './decode-expr.ts'
import type { FittedQuestion } from './fit-question.ts'
import type { PolicyAnswer } from './to-decision.ts'

/** Evaluates every policy that can apply; each error counts, whatever the others say. */
export function answerQuestion(question: Question, fitted: FittedQuestion, slice: PolicySlice): PolicyAnswer {
  const { principal, action, resource } = question
  const bindings: Bindings = {
    [VARIABLES.principal]: refValue(principal),
    [VARIABLES.resource]: refValue(resource),
    [VARIABLES.context]: { record: fitted.context },
  }
  const permits: string[] = []
  const forbids: string[] = []
  const errors: string[] = []
  for (const policy of slice(action, principal.type, resource.type)) {
    try {
      if (policy.holds(bindings, fitted) === true) (policy.effect === 'permit' ? permits : forbids).push(policy.id)
    } catch {
      errors.push(policy.id)
    }
  }
  const permitted = permits.length > 0 && forbids.length === 0
  return { determining: permitted ? permits : forbids, permitted, errors }
}

/** An entity as the value that names it, without what else is known of it. */
export function refValue({ type, id }: EntityRef): Value {
  return { entity: { type, id } }
}
