import type { TypeName } from 'libpg-query'
import { cast, nothing } from '../statement/ast.ts'
import { printExpression } from './print-expression.ts'

/** A type as SQL names it. */
export function printType(type: TypeName): string {
  // the grammar has no text of a type alone
  return printExpression(cast(nothing(), type)).slice('CAST(NULL AS '.length, -1)
}
