import { PGlite } from '@electric-sql/pglite'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askReadExpenses } from '../fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../fixtures/expense/expense-tables.ts'
import { readQueries } from '../fixtures/queries/read-queries.ts'
import { proves } from '../requirements/index.ts'

/** What is left of the data when everything that alice may not see is taken away by hand. */
const ONLY_WHAT_ALICE_SEES = `
  delete from expenses where not (dept_id = 42 or employee_id = 'user:alice');
  delete from employees where department_id <> 42;
  alter table expenses drop column investigation_note;
  alter table employees drop column salary;
  update expenses set iban = '****' || right(iban, 4) where employee_id <> 'user:alice';
`

const queries = readQueries('expense.sql')
const call = authorizedCall('user:alice')
const everything = new PGlite()
const visible = new PGlite()
let rewriter: ReturnType<typeof createRewriter>

beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables: expenseTables, askRead: askReadExpenses })
  await everything.exec(EXPENSE_DATA)
  await visible.exec(EXPENSE_DATA)
  await visible.exec(ONLY_WHAT_ALICE_SEES)
})

afterAll(() => Promise.all([everything.close(), visible.close()]))

test(proves('execution:statement:everyday', 'the expense example'), async () => {
  const refused: string[] = []
  for (const sql of queries) {
    const expected = await visible.query(sql)
    let rows: unknown[]
    try {
      const statement = rewriter.rewrite(call, sql, [])
      rows = (await everything.query(statement.text, [...statement.parameters])).rows
    } catch (error) {
      refused.push(`${sql}: ${error}`)
      continue
    }
    expect(rows, sql).toEqual(expected.rows)
  }
  const accepted = 1 - refused.length / queries.length
  console.info(`accepted ${queries.length - refused.length} of ${queries.length} realistic statements`)
  expect(accepted, refused.join('\n')).toBeGreaterThanOrEqual(0.97)
})
