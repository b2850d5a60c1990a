import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import type { AskRead, TableMapping } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { expect, test } from 'vitest'
import { askReadExpenses } from '../fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../fixtures/expense/expense-tables.ts'
import { readQueries } from '../fixtures/queries/read-queries.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { ONLY_TENANT_1 } from '../fixtures/tenants/only-tenant-1.ts'
import { tenantTablesWithItems } from '../fixtures/tenants/tenant-tables.ts'
import { askReadTrade } from '../fixtures/trade/ask-read-trade.ts'
import { ONLY_REGION_1, TRADE_DATA } from '../fixtures/trade/trade-data.ts'
import { tradeTables } from '../fixtures/trade/trade-tables.ts'
import { proves } from '../requirements/index.ts'

/** What is left of the data when everything that alice may not see is taken away by hand. */
const ONLY_WHAT_ALICE_SEES = `
  delete from expenses where not (dept_id = 42 or employee_id = 'user:alice');
  delete from employees where department_id <> 42;
  alter table expenses drop column investigation_note;
  alter table employees drop column salary;
  update expenses set iban = '****' || right(iban, 4) where employee_id <> 'user:alice';
`

/** A schema, who reads it, and what is left of it for them. */
interface World {
  readonly file: string
  readonly subject: string
  readonly tables: TableMapping
  readonly askRead: AskRead
  readonly schema: string
  readonly data: string
  readonly onlyVisible: string
  /** How much of the file is accepted at least. */
  readonly accepted: number
}

const WORLDS: readonly World[] = [
  {
    file: 'expense.sql',
    subject: 'user:alice',
    tables: expenseTables,
    askRead: askReadExpenses,
    schema: 'public',
    data: EXPENSE_DATA,
    onlyVisible: ONLY_WHAT_ALICE_SEES,
    accepted: 0.97,
  },
  {
    file: 'tenants.sql',
    subject: 'user:ann',
    tables: tenantTablesWithItems,
    askRead: askReadTenant,
    schema: 'app',
    data: readFileSync(new URL('../fixtures/cases/sql-fixture.sql', import.meta.url), 'utf8'),
    onlyVisible: ONLY_TENANT_1,
    accepted: 0.97,
  },
  {
    file: 'trade.sql',
    subject: 'user:seller',
    tables: tradeTables,
    askRead: askReadTrade,
    schema: 'trade',
    data: TRADE_DATA,
    onlyVisible: ONLY_REGION_1,
    accepted: 0.97,
  },
]

test.each(WORLDS)(
  proves('execution:statement:everyday', '$file'),
  async (world) => {
    const { file, subject, tables, askRead, schema } = world
    await loadParser()
    const { rewrite } = createRewriter({ tables, askRead, searchPath: [schema] })
    const call = authorizedCall(subject)
    const database = new PGlite()
    const rowsOf = async (sql: string, parameters: readonly unknown[]) =>
      (await database.query(sql, [...parameters])).rows
    await database.exec(`${world.data}; set search_path = ${schema}`)

    const queries = readQueries(file)
    const refused: string[] = []
    const answers = new Map<string, unknown[]>()
    for (const { sql, parameters } of queries) {
      try {
        const statement = rewrite(call, sql, parameters)
        answers.set(sql, await rowsOf(statement.text, statement.parameters))
      } catch (error) {
        refused.push(`${sql}: ${error}`)
      }
    }
    await database.exec(world.onlyVisible)
    for (const { sql, parameters } of queries) {
      const expected = await rowsOf(sql, parameters)
      if (answers.has(sql)) expect(answers.get(sql), sql).toEqual(expected)
    }
    await database.close()
    const accepted = 1 - refused.length / queries.length
    console.info(`${file}: accepted ${queries.length - refused.length} of ${queries.length} realistic statements`)
    expect(accepted, refused.join('\n')).toBeGreaterThanOrEqual(world.accepted)
  },
  180_000,
)
