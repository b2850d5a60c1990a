import { type AskRead, defineTables, type Expr } from '@lockstep/core'
import { createRewriter, loadParser, type Rewriter } from '@lockstep/execution'
import { beforeAll, expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { attribute, entity, equal, reading } from '../../../../test/fixtures/expense/conditions.ts'
import { proves } from '../../../../test/requirements/index.ts'

const tenant = { type: 'integer', attribute: 'tenant', entity: 'Tenant' } as const
const tables = defineTables({
  'app.a': { entity: 'A', key: 'id', columns: { id: { type: 'integer' }, t: tenant, n: { type: 'integer' } } },
  'app.v': { kind: 'view', entity: 'V', key: 'id', columns: { id: { type: 'integer' }, t: tenant } },
  'app.b': {
    entity: 'B',
    key: 'id',
    columns: { id: { type: 'integer' }, a: { type: 'integer', attribute: 'a', entity: 'A' } },
  },
})
/** Whether a row of `b` is visible stands in `a`. */
const askRead: AskRead = (_call, type) => {
  const its: Expr = type === 'B' ? { op: 'get', of: attribute('a'), attribute: 'tenant' } : attribute('tenant')
  return { condition: reading('row', 'plain', equal(its, entity('Tenant', '1'))), policies: [], policyVersion: '1' }
}

let rewriter: Rewriter
beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables, askRead, askWrite: askRead, searchPath: ['app'] })
})

test.each<[boolean, string]>([
  [true, 'select n from a where id = 1'],
  [true, 'select x.n from app.a as x where 1 = x.id and n > 5 limit 1'],
  [true, "select n from a where id = '1'::int"],
  [true, 'insert into a (id, t) values (1, 1), (2, 1)'],
  [true, 'insert into a (id, t) values (1, 1) on conflict (id) do update set n = 1'],
  [true, 'update a set n = 2 where id = 1'],
  [true, 'delete from a where n = 2 and id = 1 returning n'],
  [false, 'select n from a'],
  [false, 'select n from a where n = 1'],
  [false, 'select n from a where id > 1'],
  [false, 'select n from a where id = n'],
  [false, 'select n from a where id = 1 or n = 1'],
  [false, 'select n from a where id = any (array[1, 2])'],
  [false, 'select n from a as x (t, id, n) where id = 1'],
  [false, 'select id from v where id = 1'],
  // the policy looks into another table
  [false, 'select id from b where id = 1'],
  [false, 'insert into b (id, a) values (1, 1)'],
  [false, 'select n from a where id = 1 and n = (select max(n) from a)'],
  [false, 'with a as (select n as id from a) select id from a where id = 1'],
  [false, 'select x.n from a as x join a as y using (n) where x.id = 1'],
  [false, 'select n from a where id = 1 union all select n from a'],
  [false, 'insert into a (id, t) select id, t from a'],
  [false, 'insert into a (id, t) values ((select max(id) from a), 1)'],
  [false, 'with q as (select 1 as id) insert into a (id, t) values (1, 1)'],
  [false, 'update a set n = y.n from a as y where a.id = 1'],
  [false, 'update a set n = (select max(n) from a) where id = 1'],
  [false, 'delete from a using a as y where a.id = 1'],
  [false, 'with q as (select 1 as id) delete from a where id = 1'],
])(proves('execution:values:steady', '%s: %s'), (isSteady, sql) => {
  expect(rewriter.rewrite(authorizedCall('user:ann'), sql, []).isSteady).toBe(isSteady)
})
