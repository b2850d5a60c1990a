import {
  condition,
  type Expr,
  evaluate,
  isLockstepError,
  type OpenQuestion,
  type Question,
  type Residual,
  type Value,
} from '@lockstep/core'
import { expect } from 'vitest'
import { answerQuestion } from '../../src/answer-question.ts'
import type { PolicySlice } from '../../src/compiled-policies.ts'
import { type FittedQuestion, fitQuestion } from '../../src/fit-question.ts'
import type { PolicyBundle } from '../../src/policy-bundle.ts'
import type { CedarAnswer } from './cedar-answer.ts'

/** A cell as it is printed when the two disagree: enough to keep it as a test. */
export function told(question: Question | OpenQuestion, bundle: PolicyBundle): string {
  const policies = [...bundle.policies.values()].map(({ text }) => text).join('\n')
  return `${policies}\n${JSON.stringify(question)}`
}

/** Our own answer in Cedar's form. */
export function ownAnswer(question: Question, bundle: PolicyBundle, slice: PolicySlice): CedarAnswer | 'misfit' {
  const fitted = fit(question, bundle)
  if (!fitted) return 'misfit'
  const { determining, permitted, errors } = answerQuestion(question, fitted, slice)
  return { allowed: permitted, reason: [...determining].sort(), errors: [...errors].sort() }
}

/** Checks a question against the schema; `undefined` when it does not fit. */
export function fit(question: Question | OpenQuestion, bundle: PolicyBundle): FittedQuestion | undefined {
  try {
    return fitQuestion(question, bundle.rules)
  } catch (error) {
    if (isLockstepError(error)) return undefined
    throw error
  }
}

/** Holds a residual, specialized to one row and to the context that was left open, against Cedar's full decision about them. */
export function compareResidual(
  residual: Residual | undefined,
  full: Question,
  cedar: CedarAnswer,
  bundle: PolicyBundle,
): void {
  const hint = () => told(full, bundle)
  if (!residual) {
    // It was refused because some policy fails whatever the row is.
    expect(cedar.errors, hint()).not.toEqual([])
    return
  }
  const fitted = fitQuestion(full, bundle.rules)
  const bindings: Record<string, Value> = {
    resource: { entity: { type: full.resource.type, id: full.resource.id } },
    ...Object.fromEntries(Object.entries(fitted.context).map(([name, value]) => [`context.${name}`, value])),
  }
  const said = residual.policies.map(({ policyId, effect, when }) => {
    try {
      return { policyId, effect, says: evaluate(when, bindings, fitted) }
    } catch (error) {
      if (!isLockstepError(error)) throw error
      return { policyId, effect, says: 'error' }
    }
  })
  const ids = (effect: string, says: Value) =>
    said.filter((one) => one.effect === effect && one.says === says).map(({ policyId }) => policyId)
  const forbids = ids('forbid', true)
  const errors = [...ids('permit', 'error'), ...ids('forbid', 'error')].sort()
  expect(errors, hint()).toEqual(cedar.errors)
  expect((forbids.length > 0 ? forbids : ids('permit', true)).sort(), hint()).toEqual(cedar.reason)
  // A permit that fails is left out, as Cedar does; a forbid that fails denies, as Cedar does not.
  const expected = cedar.allowed && ids('forbid', 'error').length === 0
  const visible = answerOf(condition(residual), bindings, fitted)
  if (errors.length === 0 || visible !== 'error') expect(visible, hint()).toBe(expected)
}

/** An overflow cannot be asked about ahead: where one is reached the whole condition fails, and that denies. */
function answerOf(expr: Expr, bindings: Readonly<Record<string, Value>>, known: FittedQuestion): Value {
  try {
    return evaluate(expr, bindings, known)
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return 'error'
  }
}
