import type { EntityTable, JsonObject } from '@lockstep/core'

/**
 * The labels that a record carries by itself, whichever of its fields are released. A record that does not hold the column of
 * a label does not carry it; one that holds anything but false or null there does.
 */
export function labelsOfRecord(record: JsonObject, table: EntityTable): readonly string[] {
  return Object.entries(table.labels ?? {}).flatMap(([label, { column }]) => {
    const told = Object.hasOwn(record, column) ? record[column] : false
    return told === false || told === null ? [] : [label]
  })
}
