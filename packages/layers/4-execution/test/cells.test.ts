import { PGlite } from '@electric-sql/pglite'
import type { AskRead, Expr } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { any, attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const pglite = new PGlite()
beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
})
afterAll(() => pglite.close())

async function rows(askRead: AskRead, sql: string): Promise<unknown[]> {
  const statement = createRewriter({ tables: expenseTables, askRead }).rewrite(authorizedCall('user:alice'), sql, [])
  return (await pglite.query(statement.text, [...statement.parameters])).rows
}

const reads =
  (...conditions: readonly Expr[]): AskRead =>
  () => ({ condition: any(...conditions), policies: [], policyVersion: '1' })

const own = equal(attribute('employee'), entity('User', 'user:alice'))
const sales = equal(attribute('dept'), entity('Department', '42'))
const EXPECTED = [
  { id: 'INV-1', iban: '****2051' },
  { id: 'INV-2', iban: 'DE02500105170137075030' },
  { id: 'INV-3', iban: null },
]

describe('masks', () => {
  const forms: Record<string, string> = {
    'selected as it is': 'select id, iban from expenses order by id',
    'through an alias': 'select e.id, e.iban as iban from expenses e order by id',
    'through a star': 'select x.id, x.iban from (select * from expenses) x order by 1',
    'through a CTE':
      'with x as (select * from expenses), y(id, iban) as (select id, iban from x) select * from y order by id',
    'through a lateral item': 'select e.id, l.iban from expenses e cross join lateral (select e.iban) l order by id',
    'through UNION ALL':
      'select id, iban from expenses union all select id, iban from expenses where false order by id',
    'through a join': 'select id, iban from expenses left join departments d using (id) order by id'
      .replace('using (id)', 'on false')
      .replace('id, iban', 'expenses.id, iban')
      .replace('by id', 'by expenses.id'),
  }
  test.each(Object.entries(forms))(proves('execution:cells:masked', '%s'), async (_name, sql) => {
    expect(await rows(askReadExpenses, sql)).toEqual(EXPECTED)
  })

  test(proves('execution:cells:masked', 'in every row'), async () => {
    const masked = reads(reading('row', 'plain', sales), reading('bank', 'masked', sales))
    expect(await rows(masked, 'select iban from expenses order by id')).toEqual([
      { iban: '****2051' },
      { iban: '****5030' },
      { iban: null },
    ])
  })
})

describe('cells that are readable in some rows', () => {
  const partial = reads(reading('row', 'plain', sales), reading('bank', 'plain', own))

  test(proves('execution:cells:partial'), async () => {
    expect(await rows(partial, 'select id, iban from expenses order by id')).toEqual([
      { id: 'INV-1', iban: null },
      { id: 'INV-2', iban: 'DE02500105170137075030' },
      { id: 'INV-3', iban: null },
    ])
  })

  test(proves('execution:cells:masked-expression', 'partly visible'), async () => {
    await expect(rows(partial, "select id from expenses where iban like 'D%'")).rejects.toMatchObject({
      code: 'execution.masked-expression',
    })
  })

  test(proves('execution:cells:partial', 'a mask only where it is permitted'), async () => {
    const some = reads(reading('row', 'plain', sales), reading('bank', 'masked', own))
    expect(await rows(some, 'select id, iban from expenses order by id')).toEqual([
      { id: 'INV-1', iban: null },
      { id: 'INV-2', iban: '****5030' },
      { id: 'INV-3', iban: null },
    ])
  })

  test(proves('execution:cells:partial', 'are NULL in expressions too, where the mapping says so'), async () => {
    const expenses = { ...expenseTables['public.expenses'], partialCells: 'null' as const }
    const tables = { ...expenseTables, 'public.expenses': expenses }
    const found = async (askRead: AskRead, sql: string) => {
      const statement = createRewriter({ tables, askRead }).rewrite(authorizedCall('user:alice'), sql, [])
      return (await pglite.query(statement.text, [...statement.parameters])).rows
    }
    expect(
      await found(
        partial,
        "select id, length(iban) as n from expenses where iban like 'D%' or iban is null order by id",
      ),
    ).toEqual([
      { id: 'INV-1', n: null },
      { id: 'INV-2', n: 22 },
      { id: 'INV-3', n: null },
    ])
    const masked = reads(
      reading('row', 'plain', sales),
      reading('bank', 'plain', own),
      reading('bank', 'masked', sales),
    )
    await expect(found(masked, "select id from expenses where iban like 'D%'")).rejects.toMatchObject({
      code: 'execution.masked-expression',
    })
  })

  test(proves('execution:rows:hidden', 'a class that is wider than the row'), async () => {
    const wide = reads(reading('row', 'plain', own), reading('bank', 'plain', value(true)))
    expect(await rows(wide, 'select id from expenses')).toEqual([{ id: 'INV-2' }])
  })
})
