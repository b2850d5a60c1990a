import { type AskRead, defineTables } from '@lockstep/core'
import { createRewriter, loadParser, type Rewriter } from '@lockstep/execution'
import { beforeAll, expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { any, attribute, entity, equal, reading, value } from '../../../../test/fixtures/expense/conditions.ts'
import { proves } from '../../../../test/requirements/index.ts'

const columns = { id: { type: 'integer' }, s: { type: 'text' }, n: { type: 'numeric' } } as const
const tables = defineTables({
  'app.a': { entity: 'A', key: 'id', columns },
  'app.b': { entity: 'A', key: 'id', columns: { ...columns, a_id: { type: 'integer' } } },
  'app.m': {
    entity: 'M',
    columns: {
      id: { type: 'integer' },
      t: { type: 'integer', attribute: 'tenant', entity: 'Tenant' },
      h: { type: 'text', class: 'h', mask: { kind: 'hash' } },
      w: { type: 'text', class: 'w', hiddenColumns: 'null' },
    },
  },
})
const askRead: AskRead = (_call, type) => {
  const own = type === 'M' ? equal(attribute('tenant'), entity('Tenant', '1')) : value(true)
  const condition = any(reading('row', 'plain', own), reading('h', 'masked', own))
  return { condition, policies: [], policyVersion: '1' }
}

let rewriter: Rewriter
beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables, askRead, searchPath: ['app'], masks: { key: 'k'.repeat(32) } })
})

/** What each derived table shows, in their order: the columns of `a` and `b` by name. */
function shown(sql: string): string[] {
  const { text } = rewriter.rewrite(authorizedCall('user:ann'), sql, [])
  return [...text.matchAll(/SELECT ([^()]*?) ?FROM app\.([ab])\b/g)].map(([, list = '', table = '']) =>
    [table, ...list.split(', ').filter(Boolean)].join(' ').replaceAll(`${table}.`, ''),
  )
}

test.each<[string, string[]]>([
  ['select id from a', ['a id']],
  ['select s as id from a', ['a s']],
  ['select count(*) from a', ['a']],
  ['select 1 from a where n > 1 order by s', ['a s n']],
  ['select * from a', ['a id s n']],
  ['select a.*, b.id from a, b', ['a id s n', 'b id']],
  ['select count(a) from a', ['a id s n']],
  ['select row_to_json(a) from a join b using (id)', ['a id s n', 'b id']],
  ['select row(a.*) from a', ['a id s n']],
  ['select x.k from a as x (k)', ['a id s n']],
  ['select j.k from (a join b on true) as j (k)', ['a id s n', 'b id s n a_id']],
  ['select j.a_id from (a join b using (id)) as j', ['a id', 'b id a_id']],
  ['select a_id from a natural join b', ['a id s n', 'b id s n a_id']],
  ['select a.n from a join b using (s)', ['a s n', 'b s']],
  ['select a.s, count(*) from a group by a.id', ['a id s']],
  ['select q.s from (select id, s from a) q', ['a id s']],
  ['select q.s from (select * from a) q', ['a id s n']],
  ['with q as (select id, s from a) select id from q', ['a id s']],
  ['select id from a where exists (select 1 from b where b.a_id = a.id)', ['a id', 'b a_id']],
  ['select id from a where n in (select n from b)', ['a id n', 'b n']],
  ['select x.n from a cross join lateral (select b.n from b where b.id = a.id) x', ['a id', 'b id n']],
  ['select distinct on (s) id from a order by s, n', ['a id s n']],
  ['select sum(n) filter (where id > 1) over (partition by s) from a', ['a id s n']],
  ['select id from a union select n from b', ['a id', 'b n']],
  ['table a', ['a id s n']],
  ['select app.a.s from app.a where 1 / a.n > 1', ['a s n']],
])(proves('execution:columns:asked', '%s'), (sql, expected) => expect(shown(sql)).toEqual(expected))

test(proves('execution:columns:asked', 'what a parameter makes'), () => {
  const { text, parameters } = rewriter.rewrite(authorizedCall('user:ann'), 'select id from m', [])
  expect(text).toContain('AS h')
  const numbers = new Set([...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)))
  expect(numbers.size, 'PostgreSQL takes exactly the values that it is told of').toBe(parameters.length)
  expect(text).not.toContain('AS w')
  expect(rewriter.rewrite(authorizedCall('user:ann'), 'select w from m', []).text).toContain('AS w')
})
