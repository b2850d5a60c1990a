import { PGlite } from '@electric-sql/pglite'
import type { AskRead, AskWrite, Expr } from '@lockstep/core'
import { createRewriter, isWriteDenied, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askManageExpenses } from '../../../../test/fixtures/expense/ask-manage-expenses.ts'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { all, any, attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const pglite = new PGlite()
beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
})
afterAll(() => pglite.close())

interface Policies {
  readonly askRead?: AskRead
  readonly askWrite?: AskWrite
}

const WHO: Policies = { askRead: askReadExpenses, askWrite: askManageExpenses }

/** What alice's statement comes to, and the rows that are then there; everything is taken back. */
async function run(sql: string, { askRead = askReadExpenses, askWrite = askManageExpenses } = WHO, look = LOOK) {
  const { rewrite } = createRewriter({ tables: expenseTables, askRead, askWrite })
  const { text, parameters, write } = rewrite(authorizedCall('user:alice'), sql, [])
  await pglite.exec('begin')
  try {
    const { rows, affectedRows } = await pglite.query<Record<string, unknown>>(text, [...parameters])
    const found = await pglite.query<Record<string, unknown>>(look)
    return { rows: write?.answers === 'marks' ? [] : rows, count: affectedRows, found: found.rows }
  } catch (error) {
    if (isWriteDenied(error)) return 'denied'
    throw error
  } finally {
    await pglite.exec('rollback')
  }
}

const LOOK = 'select id, vendor, iban, status from expenses order by id'
const refusal = (sql: string, policies?: Policies) => run(sql, policies).catch((error) => error.code ?? error.message)

const own = equal(attribute('employee'), entity('User', 'user:alice'))
const sales = equal(attribute('dept'), entity('Department', '42'))
const asked =
  (...conditions: readonly Expr[]) =>
  () => ({ condition: any(...conditions), policies: [], policyVersion: '1' })

describe('cells', () => {
  test(proves('execution:writes:cells', 'masked in the row'), async () => {
    expect(await run("update expenses set iban = 'x' where id = 'INV-1'")).toBe('denied')
    expect(await run("update expenses set iban = 'x'")).toBe('denied')
    const mine = await run("update expenses set iban = 'x' where employee_id = 'user:alice' returning id, iban")
    expect(mine).toMatchObject({ rows: [{ id: 'INV-2', iban: 'x' }] })
  })

  test(proves('execution:writes:cells', 'given up with the row'), async () => {
    // the row that is left is Erin's, whose cell alice may not write
    expect(await run("update expenses set iban = 'x', employee_id = 'user:erin' where id = 'INV-2'")).toBe('denied')
    expect(
      await run("update expenses set employee_id = 'user:erin', status = 'open' where id = 'INV-2' returning iban"),
    ).toMatchObject({
      rows: [{ iban: '****5030' }],
    })
  })

  test(proves('execution:writes:cells', 'taken with the row'), async () => {
    expect(await run("update expenses set iban = 'x', employee_id = 'user:alice' where id = 'INV-1'")).toBe('denied')
  })

  test(proves('execution:writes:cells', 'inserted'), async () => {
    const insert = (who: string) =>
      `insert into expenses (id, dept_id, employee_id, iban, amount, status, confidential) values ('n', 42, '${who}', 'new', 1, 'open', false)`
    expect(await run(insert('user:erin'))).toBe('denied')
    expect(await run(insert('user:alice'))).toMatchObject({ count: 1 })
    const conflict = ' on conflict (id) do update set iban = excluded.iban'
    expect(await run(insert('user:alice').replace("'n'", "'INV-2'") + conflict)).toMatchObject({ count: 1 })
    expect(await run(insert('user:alice').replace("'n'", "'INV-1'") + conflict)).toBe('denied')
    expect(await run(insert('user:alice').replace("'n'", "'INV-4'") + conflict)).toBe('denied')
  })

  test(proves('execution:writes:cells', 'hidden'), async () => {
    for (const sql of [
      "update expenses set investigation_note = 'x'",
      "update expenses set (vendor, investigation_note) = ('a', 'b')",
      "insert into expenses (id, investigation_note) values ('n', 'x')",
      "insert into expenses (id) values ('INV-1') on conflict (id) do update set investigation_note = 'x'",
      'delete from expenses returning investigation_note',
      'update expenses set vendor = investigation_note',
      "delete from expenses where investigation_note like 'CANARY%'",
    ]) {
      expect(await refusal(sql), sql).toBe('execution.column-unknown')
    }
  })

  test(proves('execution:writes:cells', 'read and not written'), async () => {
    const askWrite: AskWrite = asked(reading('row', 'plain', sales), reading('bank', 'plain', value(false)))
    const askRead: AskRead = asked(reading('row', 'plain', sales), reading('bank', 'plain', sales))
    expect(await refusal("update expenses set iban = 'x'", { askRead, askWrite })).toBe('execution.write-denied')
    const only = { askRead, askWrite: asked(reading('row', 'plain', sales), reading('bank', 'plain', all(sales, own))) }
    expect(await run("update expenses set iban = 'x' where id = 'INV-1'", only)).toBe('denied')
    expect(await run("update expenses set iban = 'x' where id = 'INV-2'", only)).toMatchObject({ count: 1 })
    expect(await refusal("update expenses set iban = default where id = 'INV-2'", only)).toBe(
      'execution.statement-unsupported',
    )
  })

  test(proves('execution:writes:returned', 'masked cells'), async () => {
    const masked = [
      { id: 'INV-1', iban: '****2051' },
      { id: 'INV-3', iban: null },
    ]
    for (const returning of ['id, iban', 'expenses.id, expenses.iban as iban']) {
      expect(await run(`delete from expenses where status = 'submitted' returning ${returning}`)).toMatchObject({
        rows: masked,
      })
    }
    const star = await run("update expenses set vendor = 'v' where id = 'INV-1' returning *")
    expect(star).toMatchObject({ rows: [{ id: 'INV-1', iban: '****2051' }] })
    expect(JSON.stringify(typeof star === 'string' ? '' : star.rows)).not.toContain('investigation_note')
    const within = "with w as (update expenses set vendor = 'v' returning *) select id, iban from w where id = 'INV-1'"
    expect(await run(within)).toMatchObject({ rows: [{ id: 'INV-1', iban: '****2051' }] })
    expect(await refusal('update expenses set vendor = 1 returning upper(iban)')).toBe('execution.masked-expression')
    expect(await refusal('with w as (delete from expenses returning iban) select upper(iban) from w')).toBe(
      'execution.masked-expression',
    )
    expect(await refusal('update expenses set vendor = iban')).toBe('execution.masked-expression')
    expect(await refusal("insert into expenses (id, vendor) select id || 'x', iban from expenses")).toBe(
      'execution.masked-expression',
    )
  })
})

describe('rows', () => {
  const GONE = "with gone as (delete from expenses where id = 'INV-4' returning id) select count(*)::int as n from gone"

  test(proves('execution:writes:old-row'), async () => {
    expect(await run(GONE)).toMatchObject({ rows: [{ n: 0 }] })
    expect(await run('delete from expenses')).toMatchObject({ count: 3, found: [{ id: 'INV-4' }, { id: 'INV-5' }] })
    // it is seen, and not to be changed; and the other way round
    const readable = {
      askRead: asked(reading('row', 'plain', sales)),
      askWrite: asked(reading('row', 'plain', value(true))),
    }
    expect(await run("update expenses set vendor = 'v'", readable)).toMatchObject({ count: 3 })
    expect(await run('delete from expenses', readable)).toMatchObject({ count: 3 })
    const visible = { askRead: asked(reading('row', 'plain', sales)), askWrite: asked(reading('row', 'plain', own)) }
    expect(await run("update expenses set vendor = 'v'", visible)).toMatchObject({ count: 1 })
    expect(await run('delete from expenses returning id', visible)).toMatchObject({ rows: [{ id: 'INV-2' }] })
  })

  test(proves('execution:writes:silent', 'a condition that PostgreSQL finds cheaper than the policy'), async () => {
    const tried = ['a', 'b', 'c', 'd', 'e', 'f'].map((status) => equal(attribute('status'), value(status)))
    const isSeen = any(...tried, sales)
    const dear: AskRead = (_call, type) => asked(reading('row', 'plain', type === 'Expense' ? isSeen : value(true)))()
    for (const sql of [
      'delete from expenses where 1 / (amount - 777) >= 0',
      "update expenses set vendor = 'v' where 1 / (amount - 777) >= 0",
      "update expenses set vendor = 'v' from departments d where d.id = dept_id and 1 / (amount - 777) >= 0",
      'delete from expenses x where exists (select from departments d where d.id = x.dept_id and 1 / (x.amount - 777) >= 0)',
    ]) {
      expect(await run(sql, { askRead: dear, askWrite: dear }), sql).toMatchObject({ count: 3 })
    }
  })

  test(proves('execution:writes:new-row'), async () => {
    for (const set of ['dept_id = 7', "status = 'approved'", "dept_id = 9, employee_id = 'user:frank'"]) {
      expect(await run(`update expenses set ${set} where id in ('INV-1', 'INV-3')`), set).toBe('denied')
      expect(await run(`update expenses set ${set} where id = 'INV-4'`), set).toMatchObject({ count: 0 })
      expect(await run(`with w as (update expenses set ${set} where id = 'INV-1') select 1`), set).toBe('denied')
      expect(
        await run(`with w as (update expenses set ${set} where id = 'INV-1' returning vendor) select 1`),
        set,
      ).toBe('denied')
    }
    const insert =
      "insert into expenses (id, dept_id, employee_id, amount, status, confidential) values ('n', 7, 'user:carol', 1, 'open', false)"
    expect(await run(insert)).toBe('denied')
    expect(await run(`with w as (${insert}) select 1`)).toBe('denied')
    expect(await refusal("insert into departments (id, name) values (1, 'x')")).toBe('execution.write-denied')
    expect(await refusal('delete from employees')).toBe('execution.write-denied')
  })

  test(proves('execution:writes:new-row', 'computed after it is known to be permitted'), async () => {
    const insert =
      "insert into expenses (id, dept_id, employee_id, amount, status, confidential) values ('n', 7, 'user:carol', 0, 'open', false)"
    expect(await run(`${insert} returning 1 / amount, id`)).toBe('denied')
    expect(await run(`${insert} returning 1 / amount, id as it`)).toBe('denied')
    expect(await run(`${insert} returning id, 1 / amount`)).toBe('denied')
  })

  test(proves('execution:rows:hidden', 'beside what is written'), async () => {
    const named = 'update expenses x set vendor = e.name from employees e'
    expect(await run(`${named} where e.id = 'user:carol' returning x.id`)).toMatchObject({ rows: [] })
    expect(await run(`${named} where e.id = x.employee_id and x.id = 'INV-1' returning e.*`)).toMatchObject({
      rows: [{ id: 'user:erin', name: 'Erin', department_id: 42 }],
    })
    const gone = "delete from expenses using employees e where e.id = 'user:carol' returning e.name"
    expect(await run(gone)).toMatchObject({ rows: [] })
    expect(
      await run(
        "insert into expenses (id, dept_id, employee_id, amount, status, confidential) select name, 42, 'user:alice', 1, 'open', false from employees where id = 'user:carol'",
      ),
    ).toMatchObject({ count: 0 })
    expect(
      await run(
        'update expenses set vendor = (select max(name) from employees where id = $$user:carol$$) returning vendor',
      ),
    ).toMatchObject({
      rows: [{ vendor: null }, { vendor: null }, { vendor: null }],
    })
    for (const hidden of ['e.salary', 'e.ctid', 'x']) {
      expect(await refusal(`${named} where e.id = x.employee_id returning ${hidden}`), hidden).toMatch(/^execution\./)
    }
  })

  test(proves('execution:writes:returned', 'a row that may be created and not seen'), async () => {
    const filed = { askRead: asked(reading('row', 'plain', own)), askWrite: asked(reading('row', 'plain', sales)) }
    const insert =
      "insert into expenses (id, dept_id, employee_id, amount, status, confidential) values ('n', 42, 'user:erin', 1, 'open', false)"
    expect(await run(insert, filed)).toMatchObject({ count: 1, rows: [] })
    expect(await run(`${insert} returning id`, filed)).toBe('denied')
    expect(await run(`${insert} on conflict (id) do nothing`, filed)).toMatchObject({ count: 1 })
    expect(await run(`${insert} on conflict (id) do update set vendor = 'v'`, filed)).toBe('denied')
  })

  test(proves('execution:writes:conflict'), async () => {
    const insert = (id: string, dept = 42) =>
      `insert into expenses as e (id, dept_id, employee_id, vendor, amount, status, confidential) values ('${id}', ${dept}, 'user:erin', 'new', 1, 'open', false)`
    const update = 'on conflict (id) do update set vendor = e.vendor || excluded.vendor'
    expect(await run(`${insert('INV-1')} ${update}`)).toMatchObject({
      count: 1,
      found: [{ vendor: 'Acmenew' }, {}, {}, {}, {}],
    })
    const updatesOwn: AskWrite = (_call, _type, action) =>
      asked(reading('row', 'plain', action === 'update' ? own : sales))()
    expect(await run(`${insert('INV-1')} ${update}`, { askWrite: updatesOwn })).toBe('denied')
    expect(await run(`${insert('INV-2')} ${update}`, { askWrite: updatesOwn })).toMatchObject({ count: 1 })
    expect(await run(`${insert('INV-4')} ${update}`)).toBe('denied')
    // not even its own condition may look at a row that is hidden
    expect(await run(`${insert('INV-4')} ${update} where 1 / (e.amount - 777) > 0`)).toBe('denied')
    expect(await run(`${insert('INV-1', 7)} ${update}`)).toBe('denied')
    expect(await run(`${insert('INV-4')} on conflict (id) do nothing`)).toMatchObject({ count: 0 })
    expect(await run(`${insert('INV-1')} ${update} where false`)).toMatchObject({ count: 0 })
    expect(await run(`${insert('INV-1')} on conflict (id) do update set dept_id = 7`)).toBe('denied')
    // it may be created as it is left, and not be updated to be so
    expect(await run(`${insert('INV-1')} on conflict (id) do update set status = 'approved'`)).toBe('denied')
    expect(await run(insert('n').replace("'open'", "'approved'"))).toMatchObject({ count: 1 })
    expect(await refusal(`${insert('n')} on conflict (iban) do nothing`)).toBe('execution.masked-expression')
    expect(await refusal(`${insert('n')} on conflict (investigation_note) do nothing`)).toBe('execution.column-unknown')
    expect(await refusal(`${insert('n')} on conflict on constraint expenses_pkey do nothing`)).toBe(
      'execution.statement-unsupported',
    )
    expect(await refusal(`${insert('n')} on conflict (id) do update set vendor = excluded.currency`)).toBe(
      'execution.column-unknown',
    )
  })
})

describe('found by generated statements', () => {
  test(proves('execution:oracle:writes', 'a cell of the target under another name'), async () => {
    const sql = `update expenses set vendor = 'v' where id in (select x.is_named from (select max(d.id) as a, expenses.id as is_named from departments d
      group by expenses.id) x where x.a > 1) returning id`
    expect(await run(sql)).toMatchObject({ rows: [{ id: 'INV-1' }, { id: 'INV-2' }, { id: 'INV-3' }] })
  })

  test(proves('execution:oracle:writes', 'the names of what is returned'), async () => {
    const returning = [
      '(select min(name) from departments)',
      'exists (select 1 from departments)',
      'array(select name from departments)',
      '(select name as n from departments limit 1)',
      '(values (1))',
      '(select id from departments union select 1 order by 1 limit 1)',
      'case when true then 1 end',
      'case when true then 1 else amount end',
      'case when true then 1 else amount::int end',
      'amount::int',
      "'1'::int",
      'coalesce(amount, 1)',
      '(array[1])[1]',
      'nullif(amount, 1)',
      'greatest(amount, 1)',
      'upper(vendor) collate "C"',
      'extract(year from submitted_on)',
      'current_date',
      'amount + 1',
      "json_build_object('a', amount)",
      'row(amount, 1)',
    ]
    for (const item of returning) {
      const sql = `update expenses set vendor = 'v' where id = 'INV-1' returning ${item}`
      const outcome = await run(sql)
      await pglite.exec('begin')
      const { rows } = await pglite.query<Record<string, unknown>>(sql)
      await pglite.exec('rollback')
      expect(typeof outcome === 'string' ? outcome : Object.keys(outcome.rows[0] ?? {}), item).toEqual(
        Object.keys(rows[0] ?? {}),
      )
    }
  })

  test(proves('execution:oracle:writes', 'names inside a sub-query of SET'), async () => {
    const inside = '(select max(x.y) from (select d.name as y from departments d) x)'
    expect(await run(`update expenses set vendor = ${inside} where id = 'INV-1' returning vendor`)).toMatchObject({
      rows: [{ vendor: 'Sales' }],
    })
    const insert =
      "insert into expenses (id, dept_id, employee_id, amount, status, confidential) values ('INV-1', 42, 'user:erin', 1, 'open', false)"
    expect(await run(`${insert} on conflict (id) do update set vendor = ${inside} returning vendor`)).toMatchObject({
      rows: [{ vendor: 'Sales' }],
    })
  })
})

describe('what is not released', () => {
  test.each([
    ['without a column list', "insert into expenses values ('n')"],
    ['MERGE', 'merge into expenses e using departments d on d.id = e.dept_id when matched then delete'],
    ['ONLY', 'delete from only expenses'],
    ['a cursor', 'delete from expenses where current of c'],
    ['OVERRIDING', "insert into expenses (id) overriding user value values ('n')"],
    ['old and new', 'update expenses set vendor = 1 returning old.vendor'],
    ['part of a column', "update expenses set vendor[1] = 'x'"],
    ['a write in a sub-query', 'select * from (with w as (delete from expenses returning id) select * from w) x'],
    ['a partial index', "insert into expenses (id) values ('n') on conflict (id) where status = 'x' do nothing"],
    ['an expression index', "insert into expenses (id) values ('n') on conflict (lower(id)) do nothing"],
    ['the target named by another relation', 'update expenses set vendor = 1 from (select expenses.id) x'],
  ])(proves('execution:statement:attack', 'not written: %s'), async (_name, sql) => {
    expect(await refusal(sql)).toMatch(/^execution\.(statement-unsupported|relation-unknown|statement-invalid)$/)
  })

  test(proves('execution:columns:hidden', 'in the row as a whole of what is written'), async () => {
    const everything = asked(reading('row', 'plain', value(true)))
    for (const sql of [
      'delete from employees returning row_to_json(employees)',
      'update employees e set name = to_jsonb(e)::text',
      'update employees e set name = 1 where to_jsonb(e.*) is not null',
      'insert into employees as e (id) values (1) returning to_jsonb(e)',
      "insert into employees (id) values (1) on conflict (id) do update set name = to_jsonb(employees) ->> 'salary'",
    ]) {
      expect(await refusal(sql, { askRead: everything, askWrite: everything }), sql).toMatch(/^execution\./)
    }
  })

  test.each([
    ['the row as a whole', 'delete from expenses returning expenses'],
    ['the row as JSON', 'delete from expenses returning row_to_json(expenses)'],
    ['the name that it is given', 'delete from expenses returning __t1.iban'],
    ['a system column', 'delete from expenses returning ctid'],
    ['its table', 'delete from expenses returning tableoid::regclass'],
    ['by the name behind an alias', 'delete from expenses e returning expenses.id'],
    [
      'the row that was to be inserted',
      "insert into expenses (id) values ('n') on conflict (id) do update set vendor = excluded returning id",
    ],
    ['the check', 'with w as (delete from expenses) select __ok from w'],
  ])(proves('execution:columns:hidden', 'written: %s'), async (_name, sql) => {
    expect(await refusal(sql)).toMatch(/^execution\./)
  })
})

test(
  proves(
    'execution:write:held',
    'of the relation that resources are loaded from, also where a view shows the same entity',
  ),
  () => {
    const tables = {
      ...expenseTables,
      'public.open_expenses': { ...expenseTables['public.expenses'], kind: 'view' as const },
    }
    const { rewrite } = createRewriter({ tables, askRead: askReadExpenses, askWrite: askManageExpenses })
    const call = authorizedCall('user:alice', {
      resource: { type: 'Expense', id: 'INV-1', attributes: {}, parents: [] },
      demands: () => ({ condition: { op: 'value', value: true }, policies: [], policyVersion: '1' }),
    })
    const { held } = rewrite(call, "update expenses set category = 'x' where id = 'INV-1'", [])
    expect(held?.text).toMatch(/FROM public\.expenses WHERE .* FOR NO KEY UPDATE$/)
  },
)
