import type { WrittenAs } from '@lockstep/core'
import type { DriverResult, GuardedResult, StatementOptions } from './driver.ts'

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

/** The answer of a write as the statement would have had it by itself. */
export function asWritten(result: DriverResult, write: WrittenAs | undefined): DriverResult {
  if (!write) return result
  const { command, answers } = write
  if (answers === 'rows') return { ...result, command }
  return { rows: [], fields: [], rowCount: result.rows.length, command }
}

/** How the rows of a statement come back: those that are only counted as lightly as can be. */
export function rowsFor(
  write: WrittenAs | undefined,
  options: StatementOptions | undefined,
): StatementOptions | undefined {
  return write?.answers === 'marks' ? { rowMode: 'array' } : options
}
