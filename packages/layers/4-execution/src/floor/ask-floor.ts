import {
  ACTOR_TYPE,
  condition,
  conjoin,
  type Expr,
  isLiteral,
  literal,
  type PolicyCondition,
  PRINCIPAL,
  SUBJECT_TYPE,
  substitute,
  withParts,
} from '@lockstep/core'
import type { AskForm } from '../policy/column-forms.ts'
import { type FloorExprs, type FloorPrincipal, takeFacts } from './floor-facts.ts'

/** What is asked without knowing who asks. */
export interface FloorQuestion {
  /** The policies of one action. */
  readonly conditions: readonly PolicyCondition[]
  /** The type of the rows. */
  readonly entity: string
  /** As of the decision point: `any` asks for the subject alone. */
  readonly actors: 'any' | undefined
  /** Takes what the conditions read of the principals and the context. */
  readonly exprs: FloorExprs
}

/**
 * Asks the policies of one action for whoever it may be, for the subject and for the actor as `residualForBoth` does: the condition for a
 * field class and a form, over the resource and over unknowns that stand for what is known of a caller.
 */
export function askFloor({ conditions, entity, actors, exprs }: FloorQuestion): AskForm {
  const ask = (principal: FloorPrincipal, field: string, form: string): Expr => {
    const known = { types: { resource: entity, [PRINCIPAL]: principal } }
    const policies = conditions
      .filter((one) => one.resource === entity && one.principal === principal)
      .map(({ id, effect, when }) => ({
        policyId: id,
        effect,
        when: substitute(withCells(when, { field, form }), {}, known),
      }))
    const both = condition({ policies, policyVersion: '' })
    return takeFacts(both, principal, exprs)
  }
  return (field, form) => {
    const subject = ask(SUBJECT_TYPE, field, form)
    if (isLiteral(subject, false) || actors === 'any') return subject
    const actor = ask(ACTOR_TYPE, field, form)
    return isLiteral(actor, false) ? actor : conjoin(subject, actor)
  }
}

/** Says of which cells is asked. */
function withCells(expr: Expr, cells: Readonly<Record<string, string>>): Expr {
  if (expr.op === 'get' && expr.of.op === 'unknown' && expr.of.name === 'context') {
    const value = Object.hasOwn(cells, expr.attribute) ? cells[expr.attribute] : undefined
    return value === undefined ? expr : literal(value)
  }
  return withParts(expr, (part) => withCells(part, cells))
}
