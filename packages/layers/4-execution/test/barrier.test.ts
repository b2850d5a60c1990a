import { type AskRead, defineTables, type Expr } from '@lockstep/core'
import { createRewriter, loadParser, type Rewriter } from '@lockstep/execution'
import { beforeAll, describe, expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { all, attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { proves } from '../../../../test/requirements/index.ts'

const columns = {
  id: { type: 'integer' },
  t: { type: 'integer', attribute: 'tenant', entity: 'Tenant' },
  s: { type: 'text' },
  n: { type: 'numeric' },
  d: { type: 'date' },
  j: { type: 'jsonb' },
} as const
const tables = defineTables({
  'app.a': { entity: 'A', key: 'id', columns },
  'app.b': { entity: 'B', key: 'id', columns },
  'app.o': { entity: 'Open', key: 'id', columns: { id: { type: 'integer' }, s: { type: 'text' } } },
})
const askRead: AskRead = (_call, type) => {
  const row = type === 'Open' ? value(true) : equal(attribute('tenant'), entity('Tenant', '1'))
  return { condition: reading('row', 'plain', row), policies: [], policyVersion: '1' }
}

let rewriter: Rewriter
beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables, askRead, functions: ['app.f'], searchPath: ['app'] })
})

const COLUMNS = ['id', 't', 's', 'n', 'd', 'j']
const select = (table: string, filter: string, more = '') =>
  `( SELECT ${COLUMNS.map((name) => `${table}.${name}`).join(', ')}${more} FROM app.${table} WHERE ${filter} )`
const filterOf = (table: string, at: number) => `${table}.t = CAST($${at} AS int)`
const plain = (table: string, at = 1) => select(table, filterOf(table, at))
const telling = (table: string, at = 1) =>
  select(table, filterOf(table, at), `, COALESCE(${filterOf(table, at)}, false) AS __ok`)
const fenced = (table: string, at = 1, inside = '') => select(table, `${filterOf(table, at)}${inside} OFFSET 0`)
const OPEN = '( SELECT o.id, o.s FROM app.o WHERE true )'

/** Of its columns a derived table shows those that the statement names: which, is no matter of the barrier. */
const withoutColumns = (text: string): string =>
  text.replace(
    /SELECT (?:[abo]\.\w+(?:, )?)*(COALESCE\([ab]\.t = CAST\(\$\d AS int\), false\) AS __ok)? ?FROM app\./g,
    'SELECT $1 FROM app.',
  )

function expectSent(sql: string, text: string, parameters: readonly unknown[] = []): void {
  const sent = rewriter.rewrite(authorizedCall('user:ann'), sql, parameters).text
  expect(withoutColumns(sent)).toBe(withoutColumns(text))
}

describe('no barrier', () => {
  const quiet = [
    'id = 1',
    "s = 'x' AND n >= 1.5",
    'id IN (1, 2, 3)',
    "id = ANY (CAST('{1,2}' AS int[]))",
    'id BETWEEN 1 AND 2',
    "s LIKE 'a%'",
    "s NOT ILIKE '%a_'",
    'n IS NOT NULL OR NOT (id > 3)',
    'id > 3 IS NOT TRUE',
    "s IS DISTINCT FROM 'x'",
    "(COALESCE(s, '')) <> 'x'",
    '(CASE WHEN id > 3 THEN n ELSE 0.5 END) > 1',
    "d >= ('2024-01-01'::date + '1 year'::interval)",
    "d >= (pg_catalog.now() - '30 days'::interval)",
    "d < pg_catalog.date_trunc('month', CURRENT_DATE)",
    'd > (CURRENT_DATE - 30)',
    'CAST(id AS bigint) = 3000000000',
    's COLLATE "C" < \'x\'',
    "(id, s) = (1, 'x')",
    'n > (100 * 1.2)',
  ]
  test.each(quiet)(proves('execution:barrier:chosen', '%s'), (condition) => {
    expectSent(`select id from a where ${condition}`, `SELECT id FROM ${plain('a')} AS a WHERE ${condition}`)
  })

  test(proves('execution:barrier:chosen', 'a parameter'), () => {
    expectSent(
      'select id from a where n > $1 and id = any($2)',
      `SELECT id FROM ${plain('a', 3)} AS a WHERE n > $1 AND id = ANY ($2)`,
      [1, [1]],
    )
  })

  test(proves('execution:barrier:chosen', 'what runs after the filters'), () => {
    expectSent(
      'select lower(s), sum(1 / n) from a group by lower(s) order by lower(s)',
      `SELECT pg_catalog.lower(s), pg_catalog.sum(1 / n) FROM ${plain('a')} AS a GROUP BY pg_catalog.lower(s) ` +
        'ORDER BY pg_catalog.lower(s)',
    )
    expectSent(
      'select k from (select max(1 / n) as k from a) q where k / 2 > 1',
      `SELECT k FROM ( SELECT pg_catalog.max(1 / n) AS k FROM ${plain('a')} AS a ) AS q WHERE (k / 2) > 1`,
    )
    expectSent(
      'select k from (select 1 / n as k from a order by id limit 3) q where k > 1',
      `SELECT k FROM ( SELECT 1 / n AS k FROM ${plain('a')} AS a ORDER BY id LIMIT 3 ) AS q WHERE k > 1`,
    )
  })

  test(proves('execution:barrier:chosen', 'where nothing is hidden'), () => {
    expectSent('select * from o where 1 / id = 1', `SELECT * FROM ${OPEN} AS o WHERE (1 / id) = 1`)
  })
})

describe('a guard', () => {
  const loud = [
    '(1 / n) = 1',
    "pg_catalog.lower(s) = 'x'",
    's::int = 1',
    "s LIKE 'a\\'",
    's LIKE s',
    "s ~ '('",
    'app.f(s)',
    'app.f(1)',
    "j = '{}'",
    'n = 1::double precision',
    '(id + 1) = 2',
    "pg_catalog.now() - '9999 years'::interval < d",
    'id = 1 OR (1 / n) = 1',
  ]
  test.each(loud)(proves('execution:barrier:chosen', '%s'), (condition) => {
    const { text } = rewriter.rewrite(
      authorizedCall('user:ann'),
      `select id from a where id > 3 and (${condition})`,
      [],
    )
    const start = `SELECT id FROM ${telling('a')} AS a WHERE id > 3 AND CASE WHEN a.__ok IS NOT FALSE THEN `
    expect(withoutColumns(text).startsWith(withoutColumns(start)), text).toBe(true)
    expect(text.endsWith(' ELSE false END'), text).toBe(true)
  })

  test(proves('execution:barrier:chosen', 'over both tables'), () => {
    expectSent(
      'select a.id from a left join b on a.id = b.id where a.n + b.n > 3',
      `SELECT a.id FROM ${telling('a')} AS a LEFT JOIN ${telling('b', 2)} AS b ON a.id = b.id ` +
        'WHERE CASE WHEN a.__ok IS NOT FALSE AND b.__ok IS NOT FALSE THEN (a.n + b.n) > 3 ELSE false END',
    )
  })

  test(proves('execution:barrier:chosen', 'around what joins'), () => {
    expectSent(
      'select a.id from a join b on lower(a.s) = b.s',
      `SELECT a.id FROM ${telling('a')} AS a JOIN ${plain('b', 2)} AS b ` +
        'ON (CASE WHEN a.__ok IS NOT FALSE THEN pg_catalog.lower(a.s) END) = b.s',
    )
    expectSent(
      'select id from a where s::int in (select id from o)',
      `SELECT id FROM ${telling('a')} AS a WHERE CASE WHEN a.__ok IS NOT FALSE THEN s::int END IN (SELECT id FROM ${OPEN} AS o)`,
    )
  })

  test(proves('execution:barrier:chosen', 'from a level further in'), () => {
    expectSent(
      'select id from a where exists (select 1 from o where o.id = a.id and 1 / a.n = 1)',
      `SELECT id FROM ${telling('a')} AS a WHERE EXISTS (SELECT 1 FROM ${OPEN} AS o ` +
        'WHERE o.id = a.id AND CASE WHEN a.__ok IS NOT FALSE THEN (1 / a.n) = 1 ELSE false END)',
    )
  })

  test(proves('execution:barrier:chosen', 'a sub-query that may fail'), () => {
    expectSent(
      'select id from a where id = (select o.id from o)',
      `SELECT id FROM ${telling('a')} AS a WHERE CASE WHEN a.__ok IS NOT FALSE THEN id = ((SELECT o.id FROM ${OPEN} AS o)) ELSE false END`,
    )
  })

  test(proves('execution:barrier:hidden', 'a star is spelled out'), () => {
    const all = (table: string) => COLUMNS.map((name) => `${table}.${name}`).join(', ')
    expectSent(
      'select * from a where 1 / n = 1',
      `SELECT ${all('a')} FROM ${telling('a')} AS a WHERE CASE WHEN a.__ok IS NOT FALSE THEN (1 / n) = 1 ELSE false END`,
    )
    expectSent(
      'select a.*, 1 as one from a join o using (id) where 1 / a.n = 1',
      `SELECT ${all('a')}, 1 AS one FROM ${telling('a')} AS a JOIN ${OPEN} AS o USING (id) ` +
        'WHERE CASE WHEN a.__ok IS NOT FALSE THEN (1 / a.n) = 1 ELSE false END',
    )
    expectSent(
      'select * from a join o using (id) where 1 / a.n = 1',
      `SELECT id, ${all('a').slice('a.id, '.length)}, o.s FROM ${telling('a')} AS a JOIN ${OPEN} AS o USING (id) ` +
        'WHERE CASE WHEN a.__ok IS NOT FALSE THEN (1 / a.n) = 1 ELSE false END',
    )
  })
})

describe('a fence', () => {
  const outside: Record<string, string> = {
    'select k from (select 1 / n as k from a) q where k = 1': `SELECT k FROM ( SELECT 1 / n AS k FROM ${fenced('a')} AS a ) AS q WHERE COALESCE(k = 1, false)`,
    "with q as (select id, s from a) select id from q where lower(s) = 'x'": `WITH q AS (SELECT id, s FROM ${fenced('a')} AS a) SELECT id FROM q WHERE COALESCE(pg_catalog.lower(s) = 'x', false)`,
    "select s from a group by s having lower(s) = 'x' and count(*) > 1": `SELECT s FROM ${fenced('a')} AS a GROUP BY s HAVING COALESCE(pg_catalog.lower(s) = 'x', false) AND pg_catalog.count(*) > 1`,
    'select 1 from a join b using (j)': `SELECT 1 FROM ${fenced('a')} AS a JOIN ${fenced('b', 2)} AS b USING (j)`,
    'select 1 from a join b on a.j = b.j': `SELECT 1 FROM ${fenced('a')} AS a JOIN ${fenced('b', 2)} AS b ON a.j = b.j`,
    "select q.i from (a join o on true) as q (i, t, u) where lower(q.u) = 'x' and q.t = 1": `SELECT q.i FROM (${fenced('a')} AS a JOIN ${OPEN} AS o ON true) q(i, t, u) WHERE COALESCE(pg_catalog.lower(q.u) = 'x', false) AND q.t = 1`,
    'select id from o where id in (select s::int from a)': `SELECT id FROM ${OPEN} AS o WHERE id IN (SELECT s::int FROM ${fenced('a')} AS a)`,
  }
  test.each(Object.entries(outside))(proves('execution:barrier:chosen', '%s'), (sql, text) => expectSent(sql, text))

  test(proves('execution:barrier:chosen', 'with what may run inside'), () => {
    expectSent(
      "select a.id from a join b using (j) where a.id = 3 and b.s = a.s and lower(b.s) > 'x'",
      `SELECT a.id FROM ${fenced('a', 1, ' AND a.id = 3')} AS a JOIN ${fenced('b', 2)} AS b USING (j) ` +
        "WHERE a.id = 3 AND b.s = a.s AND COALESCE(pg_catalog.lower(b.s) > 'x', false)",
    )
  })

  test(proves('execution:barrier:chosen', 'not where an outer join makes NULLs'), () => {
    expectSent(
      'select o.id from o left join a on a.id = o.id join b using (j) where a.id is null and b.id = 1',
      `SELECT o.id FROM ${OPEN} AS o LEFT JOIN ${fenced('a')} AS a ON a.id = o.id ` +
        `JOIN ${fenced('b', 2, ' AND b.id = 1')} AS b USING (j) WHERE a.id IS NULL AND b.id = 1`,
    )
  })

  test(proves('execution:barrier:hidden', 'where a star cannot be spelled out'), () => {
    expectSent(
      'select * from a join o using (id) join (select id, id as k from o) x on x.k = a.t where 1 / a.n = 1',
      `SELECT * FROM ${fenced('a')} AS a JOIN ${OPEN} AS o USING (id) JOIN ( SELECT id, id AS k FROM ${OPEN} AS o ) AS x ` +
        'ON x.k = a.t WHERE COALESCE((1 / a.n) = 1, false)',
    )
  })
})

describe('by way of another table', () => {
  const byKey = (): Rewriter =>
    createRewriter({
      tables: defineTables({
        'app.a': tables['app.a'],
        'app.tenants': {
          entity: 'Tenant',
          key: 'id',
          columns: { id: { type: 'integer' }, realm: { type: 'integer', attribute: 'realm' } },
        },
      }),
      askRead: () => {
        const has: Expr = { op: 'has', of: attribute('tenant'), attribute: 'realm' }
        const row = all(has, equal(attribute('tenant', 'realm'), value(1)))
        return { condition: reading('row', 'plain', row), policies: [], policyVersion: '1' }
      },
      searchPath: ['app'],
    })
  const filter =
    'EXISTS (SELECT FROM app.tenants AS __1 WHERE (__1.id = a.t AND __1.realm IS NOT NULL AND __1.realm = CAST($1 AS int))) IS TRUE'

  test(proves('execution:barrier:chosen', 'what is quiet runs beside the filter'), () => {
    const { text } = byKey().rewrite(authorizedCall('user:ann'), 'select id from a where id = 3', [])
    expect(text).toBe(`SELECT id FROM ( SELECT a.id FROM app.a WHERE ${filter} ) AS a WHERE id = 3`)
  })

  test(proves('execution:barrier:chosen', 'a guard asks once more'), () => {
    const { text } = byKey().rewrite(authorizedCall('user:ann'), 'select id from a where 1 / n = 1', [])
    expect(text).toBe(
      `SELECT id FROM ( SELECT a.id, a.n, COALESCE(${filter}, false) AS __ok FROM app.a WHERE ${filter} ) AS a ` +
        'WHERE CASE WHEN a.__ok IS NOT FALSE THEN (1 / n) = 1 ELSE false END',
    )
  })
})

describe('reserved names', () => {
  const named = [
    'select __ok from a',
    'select a.__ok from a',
    'select id as __ok from a',
    'select 1 from a as __a',
    'select 1 from a as x (__ok)',
    'with __x as (select 1) select 1',
    'with x (__ok) as (select 1) select 1',
    'select 1 from a join b using (__ok)',
    'select "__ok" from a',
  ]
  test.each(named)(proves('execution:barrier:hidden', '%s'), (sql) => {
    expect(() => rewriter.rewrite(authorizedCall('user:ann'), sql, [])).toThrow(
      expect.objectContaining({ code: 'execution.statement-unsupported' }),
    )
  })

  test(proves('execution:barrier:hidden', 'a mapped column'), () => {
    const own = defineTables({
      'app.a': { entity: 'A', key: 'id', columns: { ...columns, __ok: { type: 'integer' } } },
    })
    expect(() => createRewriter({ tables: own, askRead })).toThrow(
      expect.objectContaining({ code: 'execution.mapping-invalid' }),
    )
  })

  test('a text may begin so', () => {
    expectSent("select '__ok' as ok", "SELECT '__ok' AS ok")
  })
})
