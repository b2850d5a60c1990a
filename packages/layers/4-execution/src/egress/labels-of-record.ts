import type { EntityTable, JsonObject } from '@lockstep/core'

/**
 * The labels that a record carries by itself, whichever of its fields are released. A record that does not hold the column of
 * a label does not carry it; one that holds anything but false or null there does.
 *
 * @param memberOf the member that holds a column, where it is called otherwise
 */
export function labelsOfRecord(
  record: JsonObject,
  table: EntityTable,
  memberOf: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  if (!table.labels) return []
  return Object.entries(table.labels).flatMap(([label, { column }]) => {
    const member = memberOf.get(column) ?? column
    const told = Object.hasOwn(record, member) ? record[member] : false
    return told === false || told === null ? [] : [label]
  })
}
