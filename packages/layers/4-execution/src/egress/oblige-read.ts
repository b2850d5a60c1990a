import { type AskRead, type Expr, type OpenDecision, substitute } from '@lockstep/core'
import { type ObligationTerms, termsOf } from './terms-of.ts'

/**
 * Narrows what a call may read by its obligations: a class of `@drop` in no form, a class of `@mask` masked at most, where the policy permits it in either
 * form. Statements and results ask the same question, so that no name of a column in a result matters.
 */
export function obligeRead(askRead: AskRead): AskRead {
  const narrowed = new WeakMap<OpenDecision, Map<string, OpenDecision>>()
  return (call, entityType) => {
    const decision = askRead(call, entityType)
    if (call.obligations.length === 0) return decision
    const terms = termsOf(call.obligations)
    if (terms.masked.length + terms.dropped.length === 0) return decision
    const key = JSON.stringify([terms.masked, terms.dropped])
    const known = narrowed.get(decision) ?? new Map<string, OpenDecision>()
    narrowed.set(decision, known)
    // One object for equal terms: what a condition is compiled to is kept under it.
    const found = known.get(key) ?? { ...decision, condition: narrow(decision.condition, terms) }
    known.set(key, found)
    return found
  }
}

const FIELD: Expr = { op: 'unknown', name: 'context.field' }
const NEVER: Expr = { op: 'value', value: false }
const MASKED_FORM: Expr = {
  op: 'equal',
  left: { op: 'unknown', name: 'context.form' },
  right: { op: 'value', value: 'masked' },
}

function narrow(condition: Expr, { masked, dropped }: ObligationTerms): Expr {
  const onlyMasked = masked.reduce<Expr>((rest, field) => forClass(field, inEither(condition, field), rest), condition)
  return dropped.reduce<Expr>((rest, field) => forClass(field, NEVER, rest), onlyMasked)
}

function forClass(field: string, then: Expr, rest: Expr): Expr {
  return { op: 'if', test: { op: 'equal', left: FIELD, right: { op: 'value', value: field } }, then, else: rest }
}

/** Masked, where either form is permitted. */
function inEither(condition: Expr, field: string): Expr {
  const reading = (form: string) => substitute(condition, { 'context.field': field, 'context.form': form })
  return { op: 'and', left: MASKED_FORM, right: { op: 'or', left: reading('masked'), right: reading('plain') } }
}
