import {
  type Bindings,
  compile,
  type Decision,
  type ExplainedCondition,
  type ExplainedPolicy,
  type Explanation,
  type Known,
  type Question,
} from '@lockstep/core'
import { refValue } from './answer-question.ts'
import { compilePolicies, type PolicySlice } from './compiled-policies.ts'
import { VARIABLES } from './decode-expr.ts'
import { fitQuestion } from './fit-question.ts'
import { neededChange } from './needed-change.ts'
import type { PolicyBundle, PolicySource } from './policy-bundle.ts'
import { type PolicyPart, policyParts } from './policy-parts.ts'
import { readFacts } from './read-facts.ts'

const slices = new WeakMap<PolicyBundle, PolicySlice>()

/**
 * Tells how a decision came about: every policy that can apply, cut into its conditions, each evaluated by the evaluator that decides.
 *
 * @param decision what the engine in use answered
 */
export function explainQuestion(question: Question, bundle: PolicyBundle, decision: Decision): Explanation {
  try {
    const fitted = fitQuestion(question, bundle.rules)
    const { principal, action, resource } = question
    const bindings: Bindings = {
      [VARIABLES.principal]: refValue(principal),
      [VARIABLES.action]: refValue({ type: 'Action', id: action }),
      [VARIABLES.resource]: refValue(resource),
      [VARIABLES.context]: { record: fitted.context },
    }
    const slice = slices.get(bundle) ?? compilePolicies(bundle)
    slices.set(bundle, slice)
    const policies = slice(action, principal.type, resource.type).flatMap(({ id, holds }) => {
      const source = bundle.policies.get(id)
      const applies = truthOf(() => holds(bindings, fitted))
      return source ? [explainPolicy(source, applies === true, question, bindings, fitted)] : []
    })
    return { decision, policies }
  } catch {
    // A question that does not fit the schema is denied before any policy is looked at.
    return { decision, policies: [] }
  }
}

function explainPolicy(
  source: PolicySource,
  applies: boolean,
  question: Question,
  bindings: Bindings,
  known: Known,
): ExplainedPolicy {
  const { id, effect, file, line, text, when } = source
  const explain = (parts: readonly PolicyPart[]) => explainParts(parts, question, bindings, known)
  const cut = explain(policyParts(source))
  // INVARIANT: the parts say what the policy says; where they do not, the policy is told as a whole.
  const agrees = cut.every(({ outcome }) => outcome === 'holds') === applies
  const conditions = agrees ? cut : explain([{ text: text.replaceAll(/\s+/g, ' '), line, when }])
  return { id, effect, file, line, applies, conditions }
}

function explainParts(
  parts: readonly PolicyPart[],
  { principal }: Question,
  bindings: Bindings,
  known: Known,
): readonly ExplainedCondition[] {
  let stands = true
  return parts.map(({ text, line, when }) => {
    const value = truthOf(() => compile(when)(bindings, known))
    const outcome = value === undefined ? (stands ? 'error' : 'unreached') : value ? 'holds' : 'fails'
    stands &&= value === true
    const needs = value === true ? undefined : neededChange(when, principal, bindings, known)
    return { text, line, outcome, reads: readFacts(when, bindings, known), ...(needs ? { needs } : {}) }
  })
}

/** `undefined` for what raised an error. */
function truthOf(ask: () => unknown): boolean | undefined {
  try {
    return ask() === true
  } catch {
    return undefined
  }
}
