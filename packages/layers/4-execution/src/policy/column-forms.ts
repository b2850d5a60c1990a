import { isDeepStrictEqual } from 'node:util'
import { type Expr, isLiteral, type OpenDecision, ROW_CLASS, substitute } from '@lockstep/core'

/**
 * How the cells of one field class may be seen by a caller:
 * - `plain`: in every visible row;
 * - `partial`: plainly in the rows where `plain` holds, else not at all;
 * - `masked`: as their mask, in every visible row or where `masked` holds; plainly where `plain` holds;
 * - `hidden`: never, so that the columns are out of scope.
 */
export type ClassForm =
  | { readonly form: 'plain' }
  | { readonly form: 'hidden' }
  | { readonly form: 'partial'; readonly plain: Expr }
  | { readonly form: 'masked'; readonly plain?: Expr; readonly masked?: Expr }

/** What a decision on reading one entity type says of its rows and field classes. */
export interface ReadForms {
  /** The condition for a row to be visible at all. */
  readonly row: Expr
  readonly classes: ReadonlyMap<string, ClassForm>
}

/** The condition under which a field class, or the row, may be seen in a form. */
export type AskForm = (field: string, form: 'plain' | 'masked') => Expr

/** Specializes an open decision to the row and to each of the given field classes. */
export function readForms(decision: OpenDecision, entity: string, fieldClasses: Iterable<string>): ReadForms {
  const known = { types: { resource: entity } }
  return formsOf(
    (field, form) => substitute(decision.condition, { 'context.field': field, 'context.form': form }, known),
    fieldClasses,
  )
}

/** The forms of the row and of each of the given field classes. */
export function formsOf(ask: AskForm, fieldClasses: Iterable<string>): ReadForms {
  const row = ask(ROW_CLASS, 'plain')
  const everyVisibleRow = (expr: Expr): boolean => isLiteral(expr, true) || isDeepStrictEqual(expr, row)
  const classes = new Map<string, ClassForm>()
  for (const field of fieldClasses) {
    if (field === ROW_CLASS) {
      classes.set(field, { form: 'plain' })
      continue
    }
    const plain = ask(field, 'plain')
    const masked = ask(field, 'masked')
    // A class that is read in no row is hidden also where no row is visible at all.
    if (isLiteral(plain, false) && isLiteral(masked, false)) classes.set(field, { form: 'hidden' })
    else if (everyVisibleRow(plain)) classes.set(field, { form: 'plain' })
    else if (isLiteral(masked, false)) classes.set(field, { form: 'partial', plain })
    else {
      const inSomeRows = isLiteral(plain, false) ? {} : { plain }
      classes.set(field, { form: 'masked', ...inSomeRows, ...(everyVisibleRow(masked) ? {} : { masked }) })
    }
  }
  return { row, classes }
}
