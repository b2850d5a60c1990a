import type { EntityTable, TableMapping } from './table-mapping.ts'

/**
 * The mapping that says most surely what an entity of a type is: its table, or else a view or foreign table that shows such entities, or else
 * whatever does. `undefined` for a type that is not mapped.
 */
export function tableOfEntity(
  tables: TableMapping,
  entity: string,
): readonly [id: string, table: EntityTable] | undefined {
  const all = Object.entries(tables).filter(([, table]) => table.entity === entity)
  const live = all.find(([, { kind }]) => kind === 'view' || kind === 'foreign table')
  return all.find(([, { kind }]) => kind === undefined) ?? live ?? all[0]
}
