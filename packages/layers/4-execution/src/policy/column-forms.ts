import { isDeepStrictEqual } from 'node:util'
import { type Expr, type OpenDecision, ROW_CLASS, substitute } from '@lockstep/core'

/**
 * How the cells of one field class may be seen by a caller:
 * - `plain`: in every visible row;
 * - `partial`: plainly in the rows where `when` holds, else not at all;
 * - `masked`: as their mask, in every visible row or where `when` holds;
 * - `hidden`: never, so that the columns are out of scope.
 */
export type ClassForm =
  | { readonly form: 'plain' | 'hidden' }
  | { readonly form: 'partial'; readonly when: Expr }
  | { readonly form: 'masked'; readonly when?: Expr }

/** What a decision on reading one entity type says of its rows and field classes. */
export interface ReadForms {
  /** The condition for a row to be visible at all. */
  readonly row: Expr
  readonly classes: ReadonlyMap<string, ClassForm>
}

/** Specializes an open decision to the row and to each of the given field classes. */
export function readForms(decision: OpenDecision, entity: string, fieldClasses: Iterable<string>): ReadForms {
  const known = { types: { resource: entity } }
  const ask = (field: string, form: 'plain' | 'masked'): Expr =>
    substitute(decision.condition, { 'context.field': field, 'context.form': form }, known)
  const row = ask(ROW_CLASS, 'plain')
  const everyVisibleRow = (expr: Expr): boolean => isLiteral(expr, true) || isDeepStrictEqual(expr, row)
  const classes = new Map<string, ClassForm>()
  for (const field of fieldClasses) {
    if (field === ROW_CLASS) {
      classes.set(field, { form: 'plain' })
      continue
    }
    const plain = ask(field, 'plain')
    if (everyVisibleRow(plain)) {
      classes.set(field, { form: 'plain' })
    } else if (!isLiteral(plain, false)) {
      classes.set(field, { form: 'partial', when: plain })
    } else {
      const masked = ask(field, 'masked')
      if (isLiteral(masked, false)) classes.set(field, { form: 'hidden' })
      else classes.set(field, everyVisibleRow(masked) ? { form: 'masked' } : { form: 'masked', when: masked })
    }
  }
  return { row, classes }
}

function isLiteral(expr: Expr, value: boolean): boolean {
  return expr.op === 'value' && expr.value === value
}
