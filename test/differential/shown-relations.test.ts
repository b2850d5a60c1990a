import { type EntityTable, isLockstepError, type TableMapping } from '@lockstep/core'
import {
  checkTables,
  createRewriter,
  fitTables,
  loadParser,
  readCatalog,
  readLiveColumns,
  relationsOf,
  writeCatalog,
} from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SQL_FIXTURE } from '../attacks/sql-cases.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadShown, shownSql, shownTables } from '../fixtures/shown/shown-tables.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'

vi.setConfig({ testTimeout: within(240_000), hookTimeout: 120_000 })

const call = authorizedCall('user:ann')
const rewriterOf = (tables: TableMapping, more: object = {}) =>
  createRewriter({ tables, askRead: askReadShown, searchPath: ['app'], ...more })

/** Each over `orders`, or over what shows them. */
const STATEMENTS = [
  'select * from orders order by id',
  'select orders.id, orders.note from orders where orders.amount > 5',
  'select o.id, o.note from orders o where o.id = 1',
  "select count(*), sum(amount) from orders where note like 'm%'",
  'select c.name, o.amount from customers c join orders o on o.customer_id = c.id',
  'select c.name, o.id from customers c left join orders o on o.customer_id = c.id and o.amount / o.qty > 10',
  'select c.id from customers c where exists (select 1 from orders o where o.customer_id = c.id and 10 / o.qty > 1)',
  'select c.id from customers c where c.id in (select o.customer_id from orders o)',
  'select c.id, x.n from customers c cross join lateral (select count(*) as n from orders o where o.customer_id = c.id) x',
  'select id, row_number() over (order by amount) from orders',
  'with big as (select id, amount from orders where amount >= 10) select max(amount) from big',
  'select a.id, b.id from orders a join orders b using (tenant_id) where a.id <> b.id',
  'select note from orders union select name from customers order by 1',
  'select to_jsonb(o) from orders o order by o.id',
  'select row_to_json(o) from (select id from orders) o',
  'select id, (select count(*) from orders i where i.amount <= o.amount) from orders o',
]

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return error.code
  }
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let raw: pg.Pool
  let oracle: pg.Pool
  let admin: pg.Pool
  const query = (text: string, parameters: unknown[]) => admin.query(text, parameters).then(({ rows }) => rows)

  beforeAll(async () => {
    await loadParser()
    postgres = await startPostgres({ version })
    admin = postgres.pool()
    await admin.query(SQL_FIXTURE)
    await admin.query(shownSql(new URL(postgres.connectionString).port))
    raw = postgres.pool('agent_raw')
    oracle = postgres.pool('agent_rls')
  })
  afterAll(() => postgres?.stop())

  const ask = async (sql: string, parameters: unknown[] = [], tables: TableMapping = shownTables) => {
    const statement = rewriterOf(tables).rewrite(call, sql, parameters)
    const { rows } = await raw.query({ text: statement.text, values: [...statement.parameters], rowMode: 'array' })
    return rows
  }
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort()

  describe.each(['v_orders', 'mv_orders', 'f_orders', 'all_orders()'])('%s', (shown) => {
    test.each(STATEMENTS)(proves('execution:shown:rows', '%s'), async (sql) => {
      const over = sql
        .replace(/(from|join) orders(?= [a-z]\b)/g, `$1 ${shown}`)
        .replace(/(from|join) orders\b/g, `$1 ${shown} orders`)
      const visible = sql.replace(/\*(?= from orders)/, 'id, tenant_id, customer_id, amount, note, qty')
      const columns = '(select id, tenant_id, customer_id, amount, note, qty from app.orders) o'
      const { rows } = await oracle.query({
        text: visible.includes('to_jsonb') ? visible.replace('orders o', columns) : visible,
        rowMode: 'array',
      })
      expect(rows.length).toBeGreaterThan(0)
      expect(sorted(await ask(over))).toEqual(sorted(rows))
    })
  })

  test(proves('execution:shown:functions', 'the arguments of its call'), async () => {
    expect(await ask('select id, tenant, amount from orders_above(5, 9)')).toEqual(
      expect.arrayContaining([
        [1, 1, '10'],
        [3, 1, '30'],
      ]),
    )
    expect(await ask('select f.id from app.orders_above($1, $2 + 1) as f where f.amount < $3', [5, 1, 100])).toEqual([
      [1],
    ])
    expect(
      await ask(
        'select c.id, f.id from customers c join orders_above(c.id, (select max(o.id) from orders o)) f on true order by 2',
      ),
    ).toEqual([
      [1, 1],
      [1, 3],
    ])
    expect(await ask("select f.id from customers c left join orders_above('1000', c.id) f on true")).toEqual([[null]])
    // the mapping says which of the two functions is meant
    expect(await ask("select amount from orders_above(text '29', 9)")).toEqual([['30']])
    expect((await ask('select order_ids from order_ids() order by 1')).flat()).toEqual([1, 2, 3, 9])
  })

  test.each<[string, string]>([
    ['select * from app.all_orders_def()', 'execution.function-unknown'],
    ['select * from all_orders(1)', 'execution.function-unknown'],
    ['select * from orders_above(1)', 'execution.function-unknown'],
    ['select all_orders()', 'execution.function-unknown'],
    ['select (all_orders()).ssn', 'execution.statement-unsupported'],
    ['select 1 from orders o where o.id in (select order_ids())', 'execution.function-unknown'],
    ['select * from all_orders() with ordinality', 'execution.statement-unsupported'],
    ['select * from rows from (all_orders())', 'execution.statement-unsupported'],
    ['select * from rows from (all_orders(), generate_series(1, 2))', 'execution.function-unknown'],
    ['select * from orders_above(above => 1, up_to => 2)', 'execution.statement-unsupported'],
    ['select * from orders_above(variadic array[1, 2])', 'execution.statement-unsupported'],
    ['select * from orders_above((select max(dbl) from orders), 2)', 'execution.column-unknown'],
    ['select * from orders_above((select 1 from plain), 2)', 'execution.relation-unknown'],
    ['select * from orders_above(pg_sleep(1), 2)', 'execution.function-unknown'],
    ['select * from customers c, orders_above(c.ssn, 2)', 'execution.column-unknown'],
    ['select ssn from v_orders', 'execution.column-unknown'],
    ['select ssn from all_orders()', 'execution.column-unknown'],
    ['select * from all_orders', 'execution.relation-unknown'],
    ['select * from v_orders()', 'execution.function-unknown'],
    ['select * from only v_orders', 'execution.statement-unsupported'],
    ['delete from v_orders', 'execution.statement-unsupported'],
    ['update mv_orders set qty = 1', 'execution.statement-unsupported'],
    ['insert into f_orders (id) values (7)', 'execution.statement-unsupported'],
    ['insert into all_orders (id) values (7)', 'execution.relation-unknown'],
  ])(proves('execution:shown:refused', '%s'), (sql, code) => {
    expect(codeOf(() => rewriterOf(shownTables).rewrite(call, sql, []))).toBe(code)
  })

  test.each(['v_orders', 'mv_orders', 'f_orders', 'orders_above'])(
    proves('execution:shown:undeclared', '%s'),
    (name) => {
      const { rewrite } = rewriterOf(tenantTables)
      expect(codeOf(() => rewrite(call, `select * from ${name}`, []))).toBe('execution.relation-unknown')
      expect(codeOf(() => rewrite(call, `select * from app.${name}()`, []))).toBe('execution.function-unknown')
    },
  )

  test(proves('execution:shown:gaps'), async () => {
    expect((await ask('select id from v_gaps order by 1')).flat(), 'but row 2, whose tenant is missing').toEqual([
      1, 3, 9,
    ])
    const { labels } = rewriterOf(shownTables).rewrite(call, 'select id, flagged from v_gaps', [])
    const [flagged] = labels
    expect(flagged?.exposedAs, 'a view may make a row of many').toBeUndefined()
    const { rows } = await raw.query(String(flagged?.probe.text), [...(flagged?.probe.parameters ?? [])])
    expect(rows, 'the only labeled row is no entity').toEqual([{ labeled: false }])
  })

  test(proves('execution:shown:checked'), async () => {
    await checkTables(shownTables, query)
    const changed = (id: keyof typeof shownTables, change: Partial<EntityTable>): TableMapping => ({
      [id]: { ...shownTables[id], ...change },
    })
    const wrong: readonly (readonly [TableMapping, string])[] = [
      [{ 'app.v_orders': tenantTables['app.orders'] }, '`app.v_orders` is not a table'],
      [changed('app.v_orders', { kind: 'materialized view' }), 'is not a materialized view'],
      [{ 'app.orders': { ...tenantTables['app.orders'], kind: 'view' } }, '`app.orders` is not a view'],
      [changed('app.mv_orders', { kind: 'foreign table' }), 'is not a foreign table'],
      [changed('app.orders_above', { arguments: ['integer', 'integer'] }), '`app.orders_above(integer, integer)`'],
      [changed('app.orders_above', { arguments: ['numeric'] }), '`app.orders_above(numeric)`'],
      [changed('app.orders_above', { columns: { nothing: { type: 'text' } } }), 'has no column `nothing`'],
      [changed('app.orders_above', { columns: { id: { type: 'bigint' } } }), 'is declared as `bigint`'],
      [{ 'app.leak': { entity: 'Leak', kind: 'function', arguments: ['text'], columns: {} } }, 'that returns rows'],
    ]
    await admin.query(`create table app.mixed (like app.orders including all);
      create foreign table app.mixed_far () inherits (app.mixed) server loop options (schema_name 'app', table_name 'orders')`)
    const mixed = { 'app.mixed': { ...tenantTables['app.orders'] } }
    await expect(checkTables(mixed, query)).rejects.toThrow('`app.mixed` shows rows of a foreign table')
    await checkTables({ 'app.mixed': { ...tenantTables['app.orders'], kind: 'foreign table' } }, query)
    for (const [tables, says] of wrong) await expect(checkTables(tables, query), says).rejects.toThrow(says)

    const optional = (required: boolean) =>
      new Map([
        [
          'Gap',
          {
            above: new Set<string>(),
            attributes: new Map([
              ['tenant', { type: { is: 'entity' as const, entity: 'Tenant' }, required: true }],
              ['note', { type: { is: 'string' as const }, required }],
            ]),
          },
        ],
      ])
    await checkTables(shownTables, query, optional(false))
    await expect(checkTables(shownTables, query, optional(true))).rejects.toThrow('`app.v_gaps.note`')

    await admin.query('drop index app.mv_orders_id_idx')
    await expect(checkTables(shownTables, query)).rejects.toThrow('the key `app.mv_orders.id` must have a unique index')
    await admin.query('create unique index on app.mv_orders (id)')

    const live = await readLiveColumns(relationsOf(shownTables), query)
    const snapshot = readCatalog(Buffer.from(writeCatalog(live)), 'it')
    expect(snapshot).toEqual(live)
    fitTables(shownTables, snapshot)
  })

  test.runIf(version === 18)(
    proves('execution:mapping:live', 'a column that is generated when it is read'),
    async () => {
      await admin.query(
        `create table app.made (id int primary key, tenant_id int not null, part int generated always as (100 / id) virtual,
         kept int generated always as (100 / id) stored)`,
      )
      const made = (part: string): TableMapping => ({
        'app.made': { entity: 'Made', key: 'id', columns: { id: { type: 'integer' }, [part]: { type: 'integer' } } },
      })
      await checkTables(made('kept'), query)
      await expect(checkTables(made('part'), query)).rejects.toThrow('`app.made.part` is generated when it is read')
      const live = await readLiveColumns(['app.made'], query)
      const kept = readCatalog(Buffer.from(writeCatalog(live)), 'it')
      expect(() => fitTables(made('part'), kept)).toThrow('`app.made.part`')
    },
  )
})

test.each<[string, TableMapping]>([
  [
    'a label of a function',
    {
      'app.f': {
        entity: 'F',
        kind: 'function',
        key: 'id',
        columns: { id: { type: 'integer' }, b: { type: 'boolean' } },
        labels: { b: { column: 'b' } },
      },
    },
  ],
  ['arguments of a view', { 'app.v': { entity: 'V', kind: 'view', arguments: ['integer'], columns: {} } }],
  [
    'an argument of a type that is not released',
    { 'app.f': { entity: 'F', kind: 'function', arguments: ['regclass'], columns: {} } },
  ],
  [
    'an optional column of a table',
    { 'app.t': { entity: 'T', columns: { a: { type: 'text', attribute: 'a', optional: true } } } },
  ],
  [
    'an optional column that is no attribute',
    { 'app.v': { entity: 'V', kind: 'view', columns: { a: { type: 'text', optional: true } } } },
  ],
  [
    'an optional key',
    {
      'app.v': {
        entity: 'V',
        kind: 'view',
        key: 'a',
        columns: { a: { type: 'text', attribute: 'a', optional: true } },
      },
    },
  ],
])(proves('execution:shown:mapping', '%s'), async (_, tables) => {
  await loadParser()
  expect(codeOf(() => rewriterOf(tables))).toBe('execution.mapping-invalid')
})

test(proves('execution:shown:mapping', 'a function that is released unfiltered'), async () => {
  await loadParser()
  expect(codeOf(() => rewriterOf(shownTables, { functions: ['app.all_orders'] }))).toBe('execution.mapping-invalid')
})
