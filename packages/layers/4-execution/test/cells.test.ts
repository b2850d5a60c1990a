import { PGlite } from '@electric-sql/pglite'
import type { AskRead, Expr, MaskDeclaration } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { any, attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { maskValue } from '../src/policy/mask.ts'

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

  test(proves('execution:rows:hidden', 'a class that is wider than the row'), async () => {
    const wide = reads(reading('row', 'plain', own), reading('bank', 'plain', value(true)))
    expect(await rows(wide, 'select id from expenses')).toEqual([{ id: 'INV-2' }])
  })
})

const masks = fc.oneof(
  fc.record({ kind: fc.constant('last' as const), keep: fc.nat({ max: 6 }) }),
  fc.record({ kind: fc.constant('constant' as const), text: fc.string().filter((text) => !text.includes('\u0000')) }),
  fc.constant<MaskDeclaration>({ kind: 'null' }),
)
// characters beyond one UTF-16 unit are where the two could count differently
const cells = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', "'", '\\'), maxLength: 8 }),
)

test(proves('execution:mask:same-twice'), async () => {
  await pglite.exec('create table cells (id text primary key, cell text)')
  const property = fc.asyncProperty(masks, cells, async (mask, cell) => {
    await pglite.query('delete from cells')
    await pglite.query("insert into cells values ('1', $1)", [cell])
    const tables = {
      'public.cells': {
        entity: 'Cell',
        key: 'id',
        columns: { id: { type: 'text' }, cell: { type: 'text', class: 'secret', mask } },
      },
    }
    const askRead = reads(reading('row', 'plain', value(true)), reading('secret', 'masked', value(true)))
    const statement = createRewriter({ tables, askRead }).rewrite(
      authorizedCall('user:ann'),
      'select cell from cells',
      [],
    )
    const result = await pglite.query<{ cell: unknown }>(statement.text)
    expect(result.rows[0]?.cell).toBe(maskValue(mask, cell))
  })
  await fc.assert(property, { numRuns: runs(150) })
}, 1_200_000)
