import type { Expr, LabelQuestion } from '@lockstep/core'
import type { SelectStmt } from 'libpg-query'
import type { CatalogTable } from '../policy/catalog.ts'
import { visibleRow } from '../policy/visible-row.ts'
import { column, combine, integer, isTrue, parameter } from '../statement/ast.ts'
import { printStatement } from '../statement/print-statement.ts'

/**
 * Builds the statement that asks whether a call may see any labeled row of a table. It holds the condition of the call's own
 * rows, so that a label never tells of a row that is hidden, and nothing of what the caller wrote.
 *
 * It is sent after the statement: a row that stops being labeled in between is missed.
 *
 * @param row the condition under which the call may see a row
 * @param labelColumn the boolean column that tells the label
 */
export function labelProbe(table: CatalogTable, row: Expr, labelColumn: string): LabelQuestion['probe'] {
  const parameters: unknown[] = []
  const visible = visibleRow(row, table, (value) => parameter(parameters.push(value)))
  const labeled: SelectStmt = {
    targetList: [{ ResTarget: { val: integer(1) } }],
    fromClause: [{ RangeVar: { schemaname: table.schema, relname: table.name, inh: true, relpersistence: 'p' } }],
    whereClause: combine('AND_EXPR', visible, isTrue(column(table.name, labelColumn))),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  }
  const exists = { SubLink: { subLinkType: 'EXISTS_SUBLINK' as const, subselect: { SelectStmt: labeled } } }
  const text = printStatement({
    SelectStmt: {
      targetList: [{ ResTarget: { name: 'labeled', val: exists } }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  })
  return { text, parameters }
}
