import type { TableMapping } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { beforeAll, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

beforeAll(() => loadParser())

const labelsOf = (sql: string, parameters: readonly unknown[] = [], tables: TableMapping = expenseTables) =>
  createRewriter({ tables, askRead: askReadExpenses }).rewrite(authorizedCall('user:alice'), sql, parameters).labels
const exposure = (sql: string) => labelsOf(sql).map(({ exposedAs }) => exposedAs)

describe('a statement whose rows show the label', () => {
  const shown: Record<string, string> = {
    'select * from expenses': 'confidential',
    'select * from public.expenses': 'confidential',
    'select * from expenses order by id desc limit 20': 'confidential',
    "select * from expenses where id = 'INV-1'": 'confidential',
    'select * from expenses where amount > 5 and not confidential': 'confidential',
    'select e.id, e.confidential as c, upper(e.vendor) as v from expenses as e order by e.id limit 3': 'c',
    'select confidential from expenses limit 1': 'confidential',
    'select confidential, id as x from expenses order by 2 limit 1': 'confidential',
    'select confidential, id as x from expenses order by amount, x limit 1': 'confidential',
    'select confidential from expenses order by id limit 1': 'confidential',
    'select e.*, d.name from expenses e join departments d on d.id = e.dept_id': 'confidential',
    'select e.*, d.name from expenses e, departments d where d.id = e.dept_id': 'confidential',
    'select e.*, d.name from expenses e left join departments d on d.id = e.dept_id': 'confidential',
    'select e.*, d.name from departments d right join expenses e on d.id = e.dept_id': 'confidential',
    'select e.*, d.name from expenses e join departments d on true order by e.id, d.id limit 5': 'confidential',
    'select e.confidential from expenses e join departments d on true order by e.id, d.id limit 5': 'confidential',
  }
  test.each(Object.entries(shown))(proves('execution:labels:rows', '%s'), (sql, exposedAs) => {
    expect(exposure(sql)).toEqual([exposedAs])
  })
})

describe('a statement whose rows do not show the label', () => {
  const hidden: Record<string, string> = {
    'the column is not selected': 'select id, amount from expenses',
    'the column is computed': 'select not confidential as confidential from expenses',
    'the column is computed away': 'select confidential and false as confidential from expenses',
    'another column has the name': 'select confidential, false as confidential from expenses',
    'the name of an expression is a guess': 'select confidential, upper(vendor) from expenses',
    'another table has the name': 'select e.confidential, d.name as confidential from expenses e, departments d',
    'an aggregate': 'select count(*) from expenses',
    'a filtered aggregate': 'select sum(amount) filter (where confidential) as s from expenses',
    'a grouping': 'select confidential, count(*) as n from expenses group by confidential',
    'a grouping by key': 'select id, confidential from expenses group by id',
    DISTINCT: 'select distinct confidential from expenses',
    'DISTINCT ON': 'select distinct on (dept_id) * from expenses order by dept_id, id',
    'a window': 'select confidential, max(amount) over () as m from expenses',
    'a named window': 'select *, max(amount) over w as m from expenses window w as (order by id)',
    'a window in the order': 'select * from expenses order by max(amount) over (), id',
    'a CTE': 'with x as (select * from expenses) select * from x',
    'a CTE beside it': 'with x as (select * from departments) select * from expenses',
    'a CTE that is not used': 'with x as (select * from expenses) select 1 as one',
    'a derived table': 'select * from (select * from expenses) x',
    'a lateral table': 'select e.*, x.n from expenses e, lateral (select e.amount as n) x',
    'a function in FROM': 'select e.* from expenses e, generate_series(1, 2) g',
    'a set operation': 'select id, confidential from expenses union all select name, false from departments',
    'a scalar sub-query': 'select *, (select max(name) from departments) as m from expenses',
    'a sub-query in the condition': 'select * from expenses where exists (select 1 from departments)',
    'a sub-query in the order': 'select * from expenses order by (select 1), id',
    OFFSET: 'select * from expenses order by id offset 1 limit 1',
    'OFFSET alone': 'select * from expenses offset 1',
    'a limit over rows that tie': 'select * from expenses order by dept_id limit 1',
    'a limit over a name that is not the key': 'select confidential, vendor as id from expenses order by id limit 1',
    'a limit over an expression of the key': 'select * from expenses order by length(id) limit 1',
    'a limit over a join that ties': 'select e.* from expenses e, departments d order by e.id limit 1',
    'a limit over a join without order': 'select e.* from expenses e, departments d limit 1',
    'the nullable side of a left join': 'select e.* from departments d left join expenses e on e.dept_id = d.id',
    'the nullable side of a right join': 'select e.* from expenses e right join departments d on e.dept_id = d.id',
    'a full join': 'select e.* from expenses e full join departments d on e.dept_id = d.id',
    'a nullable side further in':
      'select e.* from departments d left join (employees m join expenses e on true) on e.dept_id = d.id',
    'a column alias list': 'select * from expenses as e(a, b, c, d, f, g, h, confidential, i, j)',
  }
  test.each(Object.entries(hidden))(proves('execution:labels:probe', '%s'), (_name, sql) => {
    expect(exposure(sql)).toEqual([undefined])
  })

  test(proves('execution:labels:probe', 'a table that is named twice'), () => {
    expect(exposure('select a.* from expenses a join expenses b on a.id = b.id')).toEqual([undefined])
    expect(exposure('select a.* from expenses a where id in (select id from expenses)')).toEqual([undefined])
  })

  test(proves('execution:labels:probe', 'the label column is not plainly visible'), () => {
    const { columns } = expenseTables['public.expenses']
    const tables: TableMapping = {
      'public.expenses': {
        ...expenseTables['public.expenses'],
        columns: { ...columns, confidential: { type: 'boolean', class: 'bank' } },
      },
    }
    expect(labelsOf('select * from expenses', [], tables).map(({ exposedAs }) => exposedAs)).toEqual([undefined])
  })
})

describe('the probe', () => {
  test(proves('execution:labels:probe', 'literally'), () => {
    expect(labelsOf('select count(*) from expenses where amount > $1', [5])).toEqual([
      {
        label: 'confidential',
        relation: 'public.expenses',
        probe: {
          text:
            'SELECT EXISTS (SELECT 1 FROM public.expenses WHERE (expenses.dept_id = ANY (CAST($1 AS int[])) OR ' +
            'expenses.employee_id = CAST($2 AS text)) AND expenses.confidential IS TRUE) AS labeled',
          parameters: [['42'], 'user:alice'],
        },
      },
    ])
  })

  test('a statement over unlabeled tables asks for none', () => {
    expect(labelsOf('select * from departments')).toEqual([])
    expect(labelsOf('select 1 as one')).toEqual([])
  })
})

describe('a mapping', () => {
  const mapped = (labels: unknown) => () =>
    createRewriter({
      tables: { 'public.expenses': { ...expenseTables['public.expenses'], labels } } as TableMapping,
      askRead: askReadExpenses,
    })
  test.each([
    ['a column that is not there', { confidential: { column: 'toString' } }, '`confidential`'],
    ['a column that is not boolean', { confidential: { column: 'vendor' } }, '`confidential`'],
    ['a name that is none', { 'a b': { column: 'confidential' } }, '`public.expenses`'],
  ])(proves('execution:labels:mapping', '%s'), (_name, labels, named) => {
    expect(mapped(labels)).toThrow(expect.objectContaining({ code: 'execution.mapping-invalid' }))
    expect(mapped(labels)).toThrow(named)
    expect(mapped({ confidential: { column: 'confidential' } })).not.toThrow()
  })
})
