import type { EntityTable, JsonValue } from '@lockstep/core'

/**
 * Makes what tells the labels that records with just these members carry by themselves, whichever of their fields are released. A record that does not
 * hold the column of a label does not carry it; one that holds anything but false or null there does.
 *
 * @param memberOf the member that holds a column, where it is called otherwise
 */
export function labelsOfRecord(
  names: readonly string[],
  table: EntityTable,
  memberOf: ReadonlyMap<string, string> = new Map(),
): (values: readonly JsonValue[]) => readonly string[] {
  const held = Object.entries(table.labels ?? {}).flatMap(([label, { column }]) => {
    const at = names.indexOf(memberOf.get(column) ?? column)
    return at === -1 ? [] : [{ label, at }]
  })
  if (held.length === 0) return () => []
  return (values) =>
    held.flatMap(({ label, at }) => {
      const told = values[at]
      return told === false || told === null ? [] : [label]
    })
}
