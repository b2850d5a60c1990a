import { createRewriter, loadParser, type Rewriter } from '@lockstep/execution'
import { beforeAll, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const options = { tables: expenseTables, askRead: askReadExpenses }
let rewriter: Rewriter

beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter(options)
})

const textOf = (sql: string, parameters: readonly unknown[] = []) => rewriter.rewrite(alice, sql, parameters).text
const refusal = (sql: string, by: Rewriter = rewriter): { readonly code?: string; readonly message: string } => {
  try {
    by.rewrite(alice, sql, [])
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it was not refused')
}

describe('what is printed', () => {
  const printed: Record<string, string> = {
    // the note on expenses is hidden, so that only these columns are common
    'select d.id from departments d natural join employees': 'USING (id, name)',
    'select 1 from departments natural left join (select 1 as x) y': 'LEFT JOIN ( SELECT 1 AS x ) AS y ON true',
    'select j.id from departments join employees using (id) as j': 'USING (id) AS j',
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < 9) select i from n':
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n',
    'select to_jsonb(d.*) from departments d': 'SELECT pg_catalog.to_jsonb(d) FROM (',
    'select row(d.*) from departments d': 'SELECT ROW(d.id, d.name) FROM (',
    'select a from unnest(array[1], array[2]) as u(a, b)':
      'FROM ROWS FROM (pg_catalog.unnest(ARRAY[1]), pg_catalog.unnest(ARRAY[2])) AS u(a, b)',
    'select id from departments order by id fetch first 2 rows with ties': 'ORDER BY id FETCH FIRST (2) ROWS WITH TIES',
    'select count(*) from departments group by distinct rollup (id), rollup (id)':
      'GROUP BY DISTINCT ROLLUP (id), ROLLUP (id)',
    'select (not true) is unknown': 'SELECT (NOT (true)) IS UNKNOWN',
    'select (id is not distinct from 1) is true from departments': '(id IS NOT DISTINCT FROM (1)) IS TRUE',
    'select (array[1, 2])[1]': 'SELECT (ARRAY[1, 2])[1]',
    "select 'a' operator(pg_catalog.||) 'b'": "'a' OPERATOR(pg_catalog.||) 'b'",
    "select format('%s', 1), make_interval(days => 1)":
      "SELECT pg_catalog.format('%s', 1), pg_catalog.make_interval(days => 1)",
  }
  test.each(Object.entries(printed))(proves('execution:statement:sent', '%s'), (sql, part) => {
    expect(textOf(sql)).toContain(part)
  })

  test(proves('execution:statement:sent', 'a careful print is compared like any other'), () => {
    expect(refusal('select now() at local').code).toBe('execution.print-differs')
  })
})

describe('what is hidden', () => {
  const hidden: Record<string, string> = {
    // masked: the bank account is a presentation, and a row of it would be computed with
    'select to_jsonb(e) from expenses e': 'execution.masked-expression',
    'select count(e.*) from expenses e': 'execution.masked-expression',
    'select row(e.*) from expenses e': 'execution.masked-expression',
    'select * from expenses natural join expenses x': 'execution.masked-expression',
    'select salary from departments natural join employees': 'execution.column-unknown',
    'select to_jsonb(x) from expenses as x(a, b)': 'execution.statement-unsupported',
    'with recursive r as (select id, iban from expenses union all select id, iban from r) select id from r':
      'execution.masked-expression',
    "with recursive r as (select 'x' as i union all select iban from expenses, r) select length(i) from r":
      'execution.masked-expression',
    'with recursive r as (select id from employees union all select salary::text from r) select * from r':
      'execution.column-unknown',
    'with recursive employees as (select * from employees) select * from employees': 'execution.statement-unsupported',
    'with recursive a as (select * from b), b as (select * from a union select * from b) select * from a':
      'execution.statement-unsupported',
    'with recursive r as (select 1 as i union all select i from r) search depth first by salary set o select 1 from r':
      'execution.column-unknown',
    'with recursive r as (with r as (select salary from employees) select 1 union all select 1 from r) select 1':
      'execution.column-unknown',
    'select j.name from departments join employees using (id) as j': 'execution.column-unknown',
    'select json_arrayagg(salary) from employees': 'execution.column-unknown',
    "select json_object('i': iban) from expenses": 'execution.masked-expression',
    'select * from rows from (unnest(array(select salary from employees)))': 'execution.column-unknown',
    'select * from unnest(array[1], array(select salary from employees))': 'execution.column-unknown',
    "select * from jsonb_to_record('{}') as r(e public.expenses)": 'execution.type-unknown',
  }
  test.each(Object.entries(hidden))(proves('execution:grammar:hostile', '%s'), (sql, code) => {
    expect(refusal(sql).code).toBe(code)
  })
})

describe('hints', () => {
  const hints: Record<string, string> = {
    'select id from departments for update': '`SelectStmt.lockingClause` is not released: rows are read, never locked',
    'merge into departments d using departments e on d.id = e.id when matched then delete': 'instead of MERGE',
    'insert into departments (id) overriding user value values (1)': 'leave the column out',
    'explain select 1': '`ExplainStmt` is not released: send the SELECT itself',
    'select * from departments tablesample system (1)': 'ORDER BY random() LIMIT',
    "select ifnull(name, 'secret') from departments": '`ifnull` is not released: use COALESCE',
    'select clock_timestamp()': '`clock_timestamp` is not released: use now()',
    'select (d).name from departments d': 'fields of an expression are not released',
    "select json_value('{}', '$.secret')": 'use jsonb_path_query_first()',
    "select format('%1000000000s', 'secret')": 'widths below 100',
  }
  test.each(Object.entries(hints))(proves('execution:grammar:hint', '%s'), (sql, hint) => {
    const { message } = refusal(sql)
    expect(message).toContain(hint)
    expect(message).not.toMatch(/secret|departments|1000000000/)
  })
})

describe('names that the configuration releases', () => {
  const more = { functions: ['app.fiscal_year'], operators: ['public.<->', 'public.='], types: ['public.vector'] }

  test(proves('execution:names:configured', 'printed with their schema'), () => {
    const own = createRewriter({ ...options, ...more })
    const { text } = own.rewrite(alice, "select '[1]'::vector(1) <-> '[2]'::public.vector, 1 = 1", [])
    expect(text).toBe("SELECT CAST('[1]' AS public.vector(1)) OPERATOR(public.<->) CAST('[2]' AS public.vector), 1 = 1")
    // a name that PostgreSQL has too is the configured one only where the statement says so
    expect(own.rewrite(alice, 'select 1 operator(public.=) 1', []).text).toBe('SELECT 1 OPERATOR(public.=) 1')
  })

  test(proves('execution:names:configured', 'and no others'), () => {
    const own = createRewriter({ ...options, ...more })
    expect(refusal("select '[1]'::app.vector", own).code).toBe('execution.type-unknown')
    expect(refusal('select 1 operator(app.<->) 1', own).code).toBe('execution.operator-unknown')
    expect(refusal('select 1 <-> 1').code).toBe('execution.operator-unknown')
    expect(refusal('select null::vector').code).toBe('execution.type-unknown')
    // what a configured function would make of a row of a table is not known
    expect(refusal('select app.fiscal_year(d) from departments d', own).code).toBe('execution.column-unknown')
    expect(refusal('select * from app.fiscal_year(1)', own).code).toBe('execution.function-unknown')
  })

  test.each([
    ['functions', 'fiscal_year'],
    ['functions', 'pg_catalog.pg_sleep'],
    ['operators', '<->'],
    ['operators', 'public.abs'],
    ['types', 'a.b.c'],
  ])(proves('execution:names:configured', 'misuse of `%s` is a TypeError'), (list, name) => {
    expect(() => createRewriter({ ...options, [list]: [name] })).toThrow(TypeError)
  })

  test(proves('execution:names:configured', 'a column may have a released type'), () => {
    const tables = {
      'public.notes': {
        entity: 'Note',
        key: 'id',
        columns: { id: { type: 'integer' }, at: { type: 'public.vector' } },
      },
    }
    expect(() => createRewriter({ ...options, tables })).toThrow(
      expect.objectContaining({ code: 'execution.mapping-invalid' }),
    )
    expect(() => createRewriter({ ...options, tables, types: ['public.vector'] })).not.toThrow()
  })
})

describe('long statements', () => {
  const values = (count: number) =>
    `values ${Array.from({ length: count }, (_, i) => `(${i}, 'v''${i}', null)`).join(', ')}`
  let long: Rewriter

  beforeAll(() => {
    long = createRewriter({ ...options, statementBytes: 200_000 })
  })

  test(proves('execution:statement:gate', 'a long list of values passes where more is configured'), () => {
    expect(long.rewrite(alice, values(5000), []).text).toMatch(/^VALUES \(0, 'v''0', NULL\), /)
    expect(refusal(values(5000)).message).toContain('longer than 16384 bytes')
    expect(refusal(values(20_000), long).message).toContain('longer than 200000 bytes')
  })

  test.each([
    ['an operator chain', `select ${'1 + '.repeat(9000)}1`],
    ['NOT', `select ${'not '.repeat(9000)}true`],
    ['parentheses', `${values(5000)}, (${'('.repeat(60)}1${')'.repeat(60)}, '', 1)`],
    ['brackets', `${values(5000)}, (${'array['.repeat(60)}1${']'.repeat(60)}, '', 1)`],
    [
      'a chain beside a string that looks open',
      `${values(5000)} -- '\n union ${'select 1 union '.repeat(3000)} select 1 -- '`,
    ],
    ['a backslash', `${values(5000)}, (e'\\'', '', 1)`],
    ['a dollar quote', `${values(5000)}, ($$ ' $$, '', 1)`],
  ])(proves('execution:statement:gate', 'long and deep: %s'), (_name, sql) => {
    const { code, message } = refusal(sql, long)
    expect(code).toBe('execution.statement-invalid')
    expect(message).toContain('long lists of values')
    expect(long.rewrite(alice, 'select 1', []).text).toBe('SELECT 1')
  })

  test.each([0, 1.5, 2_000_000])(
    proves('execution:statement:gate', 'a bound of %d is a TypeError'),
    (statementBytes) => {
      expect(() => createRewriter({ ...options, statementBytes })).toThrow(TypeError)
    },
  )
})
