import { LockstepError, type WrittenAs } from '@lockstep/core'
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

/** The answer of a write as the statement would have had it by itself. Throws `execution.database-failed` for a count that is none. */
export function asWritten(result: DriverResult, write: WrittenAs | undefined): DriverResult {
  if (!write) return result
  const { command } = write
  if (write.answers === 'rows') return { ...result, command }
  if (write.answers === 'marks') return { rows: [], fields: [], rowCount: result.rows.length, command }
  const [row] = result.rows
  const [count] = Array.isArray(row) ? row : Object.values(row ?? {})
  const rowCount = Number(count)
  if (!Number.isSafeInteger(rowCount)) throw new LockstepError('execution.database-failed', 'the rows were not counted')
  return { rows: [], fields: [], rowCount, command }
}
