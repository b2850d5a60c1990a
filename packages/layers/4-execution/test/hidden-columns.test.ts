import { PGlite } from '@electric-sql/pglite'
import { type AskRead, LockstepError, type TableMapping } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

/** The bank is for nobody, and everything else is for department 42. */
const sales = equal(attribute('dept'), entity('Department', '42'))
const noBank: AskRead = (_call, type) => ({
  condition: reading('row', 'plain', type === 'Expense' ? sales : value(true)),
  policies: [],
  policyVersion: '1',
})
const withBank: AskRead = (_call, type) => ({
  condition: any(
    reading('row', 'plain', type === 'Expense' ? sales : value(true)),
    reading('bank', 'plain', type === 'Expense' ? sales : value(true)),
  ),
  policies: [],
  policyVersion: '1',
})
const expenses = { ...expenseTables['public.expenses'], hiddenColumns: 'null' as const }
const tables = { ...expenseTables, 'public.expenses': expenses }

const rewrite = (sql: string, askRead = noBank, mapping: TableMapping = tables) =>
  createRewriter({ tables: mapping, askRead }).rewrite(authorizedCall('user:alice'), sql, [])

async function found(sql: string, askRead?: AskRead) {
  const statement = rewrite(sql, askRead)
  return (await pglite.query(statement.text, [...statement.parameters])).rows
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof LockstepError) return error.code
  }
  return 'accepted'
}

describe(proves('execution:columns:named'), () => {
  test('as NULL of its type, wherever a statement names it', async () => {
    expect(rewrite('select d.iban from expenses d').text).toMatch(
      /^SELECT d\.iban FROM \( SELECT NULL::text AS iban FROM public\.expenses WHERE .* \) AS d$/,
    )
    expect(await found('select id, iban from expenses order by id limit 1')).toEqual([{ id: 'INV-1', iban: null }])
    expect(await found("select count(*)::int as n from expenses where iban like 'DE%'")).toEqual([{ n: 0 }])
    expect(await found('select count(*)::int as n from expenses e where e.iban is null and e.iban is null')).toEqual([
      { n: 3 },
    ])
    expect(
      await found('select d.name, (select max(e.iban) from expenses e where e.dept_id = d.id) as m from departments d'),
    ).toEqual(expect.arrayContaining([expect.objectContaining({ m: null })]))
  })

  test('a star and a whole row do not hold it', async () => {
    const [row] = await found("select * from expenses where coalesce(iban, '') = '' order by id")
    expect(row).toBeDefined()
    expect(Object.keys(row ?? {})).not.toContain('iban')
    const [beside] = await found('select e.*, e.iban as shown from expenses e order by id')
    expect(beside).toMatchObject({ id: 'INV-1', shown: null })
    expect(Object.keys(beside ?? {})).not.toContain('iban')
    const [joined] = await found('select * from expenses e join departments d on d.id = e.dept_id where e.iban is null')
    expect(Object.keys(joined ?? {})).not.toContain('iban')
    const [whole] = await found('select to_jsonb(e) as e from expenses e order by id')
    expect(Object.keys((whole as { e: object }).e)).not.toContain('iban')
    for (const sql of [
      'select to_jsonb(e) from expenses e where e.iban is null',
      'select e.iban, to_jsonb(e) from expenses e',
      'select x.*, x.iban from (select * from expenses) x',
      'select * from expenses a join departments b on true join (select id as id2, id from expenses) c using (id)',
    ]) {
      expect(
        codeOf(() => rewrite(sql)),
        sql,
      ).toMatch(/accepted|execution\.(statement-unsupported|column-unknown)/)
    }
    expect(codeOf(() => rewrite('select to_jsonb(e) from expenses e where e.iban is null'))).toBe(
      'execution.statement-unsupported',
    )
    expect(codeOf(() => rewrite('select e.iban, to_jsonb(e) from expenses e'))).toBe('execution.statement-unsupported')
    expect(codeOf(() => rewrite('select x.iban from (select * from expenses) x'))).toBe('execution.column-unknown')
    expect(codeOf(() => rewrite('select iban from expenses as x(a)'))).toBe('execution.column-unknown')
    expect(codeOf(() => rewrite('select a.id from expenses a join expenses b using (iban)'))).toBe(
      'execution.column-unknown',
    )
    expect(rewrite('select a.id from expenses a natural join expenses b').text).not.toContain('iban')
  })

  test('not without the mapping, not for a column that is not mapped, and as it is for whoever reads it', async () => {
    expect(codeOf(() => rewrite('select iban from expenses', noBank, expenseTables))).toBe('execution.column-unknown')
    expect(codeOf(() => rewrite('select ctid from expenses'))).toBe('execution.column-unknown')
    expect(await found('select iban from expenses where iban is not null order by id limit 1', withBank)).toHaveLength(
      1,
    )
    const two = createRewriter({ tables, askRead: (call, type) => (call.id === 'b' ? withBank : noBank)(call, type) })
    const sql = 'select iban from expenses'
    const texts = ['a', 'b', 'a', 'b'].map((id) => two.rewrite(authorizedCall('user:alice', { id }), sql, []).text)
    expect(texts[0]).toContain('NULL::text AS iban')
    expect(texts[1]).not.toContain('NULL')
    expect([texts[2], texts[3]]).toEqual([texts[0], texts[1]])
  })
})
