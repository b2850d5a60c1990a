import type { Node } from 'libpg-query'
import { printSelect } from '../statement/print-select.ts'

/** Prints one expression, checked as every print is. Throws `execution.print-differs`. */
export function printExpression(node: Node): string {
  return printSelect({
    targetList: [{ ResTarget: { val: node } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  }).slice('SELECT '.length)
}
