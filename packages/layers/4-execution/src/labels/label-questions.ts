import type { LabelQuestion } from '@lockstep/core'
import type { CatalogTable } from '../policy/catalog.ts'
import type { ScopedColumn, ScopedRelation } from '../policy/scope-relation.ts'
import { labelProbe } from './label-probe.ts'

/**
 * Asks, for each label of one relation of a statement, whether the answer rests on rows that carry it.
 *
 * @param output the columns of the statement's result
 * @param isShown whether each row of the result shows one row of the relation, and its other rows had no part in it
 */
export function labelQuestions(
  table: CatalogTable,
  relation: ScopedRelation,
  output: readonly ScopedColumn[],
  isShown: boolean,
): readonly LabelQuestion[] {
  return [...table.labels].map(([label, column]) => {
    const exposedAs = isShown ? outputOf(table.id, column, output) : undefined
    return {
      label,
      relation: table.id,
      ...(exposedAs === undefined ? {} : { exposedAs }),
      probe: labelProbe(table, relation.row, column),
    }
  })
}

function outputOf(relation: string, column: string, output: readonly ScopedColumn[]): string | undefined {
  const isColumn = ({ origin }: ScopedColumn): boolean => origin?.relation === relation && origin.column === column
  // of two columns of the same name, a driver shows one
  return output.find((item) => isColumn(item) && output.filter(({ name }) => name === item.name).length === 1)?.name
}
