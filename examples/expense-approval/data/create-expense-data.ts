import { PGlite, type Transaction, types } from '@electric-sql/pglite'
import { DEPARTMENTS } from './departments.ts'
import { createEmployees } from './employees.ts'
import { EXPENSE_SCHEMA } from './expense-schema.ts'
import { createExpenses } from './expenses.ts'
import { READER_ROLE } from './read-as-reader.ts'
import { RELATIONSHIPS } from './relationships.ts'
import { createSeededRandom } from './seeded-random.ts'

/** Where the data lives. */
export interface ExpenseDataOptions {
  /** A folder that keeps the data. @defaultValue none: the data is in memory and gone with the process */
  readonly dataDir?: string | undefined
}

/** The example's database. */
export interface ExpenseData {
  /** `bigint` comes back as a number, or as text when a number cannot hold it; `date` as `YYYY-MM-DD`. */
  readonly pglite: PGlite
  close(): Promise<void>
}

const SEED = 8831

/**
 * Opens the example's database, and fills it when it is empty: always with the same rows. Filling is one transaction, so a folder
 * holds all of it or nothing. Throws a TypeError for a wrong option.
 */
export async function createExpenseData(options: ExpenseDataOptions = {}): Promise<ExpenseData> {
  for (const name of Object.keys(options)) {
    if (name !== 'dataDir') throw new TypeError(`unknown option \`${name}\``)
  }
  const { dataDir } = options
  if (dataDir !== undefined && (typeof dataDir !== 'string' || dataDir === '')) {
    throw new TypeError('expected `dataDir` to be a path')
  }
  const pglite = await PGlite.create({
    ...(dataDir !== undefined && { dataDir }),
    parsers: { [types.INT8]: parseBigint, [types.DATE]: (text: string) => text },
  })
  try {
    await pglite.transaction(fillWhenEmpty)
  } catch (error) {
    await pglite.close()
    throw error
  }
  return { pglite, close: () => pglite.close() }
}

/** Text rather than a rounded number or a BigInt, which JSON cannot hold. */
function parseBigint(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

async function fillWhenEmpty(transaction: Transaction): Promise<void> {
  const { rows } = await transaction.query<{ present: boolean }>(
    "select to_regclass('public.expenses') is not null as present",
  )
  if (rows[0]?.present) return
  await transaction.exec(EXPENSE_SCHEMA)
  await transaction.exec(READER_ROLE)
  rowsOfTables ??= drawRows()
  for (const [table, rows] of rowsOfTables) {
    // The table names are literals. One statement for a table: five thousand statements take seconds.
    await transaction.query(
      `insert into public.${table} select * from json_populate_recordset(null::public.${table}, $1)`,
      [rows],
    )
  }
}

/** The rows of each table, as JSON. They are the same every time, so they are drawn once. */
let rowsOfTables: readonly (readonly [table: string, rows: string])[] | undefined

function drawRows(): readonly (readonly [table: string, rows: string])[] {
  const random = createSeededRandom(SEED)
  const employees = createEmployees(random)
  const tables = { departments: DEPARTMENTS, employees, expenses: createExpenses(random, employees), ...RELATIONSHIPS }
  return Object.entries(tables).map(([table, rows]) => [table, JSON.stringify(rows)] as const)
}
