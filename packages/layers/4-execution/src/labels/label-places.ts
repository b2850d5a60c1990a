import type { LabelQuestion } from '@lockstep/core'
import type { CatalogTable } from '../policy/catalog.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'

/** A label whose question a statement asks of one of its tables, whoever calls. */
export interface LabelPlace extends Pick<LabelQuestion, 'label' | 'exposedAs'> {
  /** The table's column that tells it. */
  readonly column: string
}

/**
 * Finds, for each label of one table of a statement, where the answer shows it.
 *
 * @param output the columns of the statement's result
 * @param isShown whether each row of the result shows one row of the relation, and its other rows had no part in it
 */
export function labelPlaces(
  table: CatalogTable,
  output: readonly ScopedColumn[],
  isShown: boolean,
): readonly LabelPlace[] {
  return [...table.labels].map(([label, column]) => {
    // a view may make several rows of one, and one of several
    const exposedAs = isShown && table.kind === 'table' ? outputOf(table.id, column, output) : undefined
    return exposedAs === undefined ? { label, column } : { label, column, exposedAs }
  })
}

function outputOf(relation: string, column: string, output: readonly ScopedColumn[]): string | undefined {
  const isColumn = ({ origin }: ScopedColumn): boolean => origin?.relation === relation && origin.column === column
  // of two columns of the same name, a driver shows one
  return output.find((item) => isColumn(item) && output.filter(({ name }) => name === item.name).length === 1)?.name
}
