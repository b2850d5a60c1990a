import type { Node } from 'libpg-query'
import { printStatement } from '../statement/print-statement.ts'

/** Prints one expression, checked as every print is. Throws `execution.print-differs`. */
export function printExpression(node: Node): string {
  return printStatement({
    SelectStmt: { targetList: [{ ResTarget: { val: node } }], limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
  }).slice('SELECT '.length)
}
