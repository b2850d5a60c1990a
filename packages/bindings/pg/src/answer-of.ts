import type { DriverResult, GuardedResult } from './driver.ts'

/** What is handed out of a driver's answer: copies, so that nothing of the driver itself is reachable through it. */
export function answerOf<Row>(result: DriverResult): GuardedResult<Row> {
  const rows = [...result.rows] as Row[]
  return {
    rows,
    rowCount: result.rowCount ?? result.affectedRows ?? rows.length,
    command: result.command ?? undefined,
    fields: (result.fields ?? []).map(({ name, dataTypeID }) => ({ name, dataTypeID })),
  }
}

/** The rows as objects by column name, however they came. Of two columns of one name the last shows, as with `pg`. */
export function rowsByName({ rows, fields = [] }: DriverResult): readonly unknown[] {
  return rows.map((row) => {
    if (!Array.isArray(row)) return row
    return Object.fromEntries(fields.map(({ name }, place): [string, unknown] => [name, row[place]]))
  })
}
