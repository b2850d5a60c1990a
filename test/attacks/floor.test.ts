import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from '../differential/postgres.ts'
import { proves } from '../requirements/index.ts'
import { type FloorTarget, openFloorTarget } from './floor-target.ts'
import { SQL_CASES, type SqlCase, shows } from './sql-cases.ts'

/** Row security says who sees rows and cells. These are about catalogs, settings, locks, time and what a function costs, which the rewriter refuses. */
const NO_ROWS = [
  ...['F28', 'G23', 'G25', 'G28', 'G29', 'G31', 'G35', 'G38', 'G40', 'G41', 'G43', 'G44', 'G46', 'G47', 'G49'],
  ...['G52', 'G53', 'G61', 'I20'],
]

/** A unique key tells that a hidden row has it: an oracle that SECURITY.md documents. */
const UNIQUE_KEYS = ['E4']

/** By chance, by counters of the server, by names of databases, and by statistics of whole tables. */
const NOT_THE_SAME = [
  ...['D25', 'F25', 'F26', 'G2', 'G19', 'G22', 'G23', 'G25', 'G31', 'G47', 'G53', 'G65'],
  ...UNIQUE_KEYS,
]

/** What shows in an answer, beside what the statement says itself. */
function shown({ sql }: SqlCase, seen: string): string {
  return [...sql.matchAll(/CANARY\w*/g)].reduce((left, [said]) => left.replaceAll(said, ''), seen)
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let target: FloorTarget
  beforeAll(async () => {
    target = await openFloorTarget(version)
  })
  afterAll(() => target?.stop())

  for (const item of SQL_CASES) {
    test(proves('floor:rows:attack', item.id), async () => {
      for (const observation of await target.observe(item.sql)) {
        expect(shown(item, observation.seen)).not.toContain('CANARY')
        if (![...NO_ROWS, ...UNIQUE_KEYS].includes(item.id))
          expect(shows(item, observation.seen), observation.seen).toBe(false)
        if (item.leakIfRowCountAbove !== undefined)
          expect(observation.rows).toBeLessThanOrEqual(item.leakIfRowCountAbove)
      }
    })
  }

  test(proves('floor:rows:same'), async () => {
    for (const item of SQL_CASES.filter(({ id }) => !NOT_THE_SAME.includes(id))) {
      const [first, ...others] = await target.observe(item.sql)
      for (const observation of others) expect(observation, item.id).toEqual(first)
    }
  })

  test(proves('floor:rows:attack', 'and what may be seen is seen'), async () => {
    const [orders] = await target.observe('select id, note from app.orders')
    expect(orders?.seen).toMatch(/mine/)
    expect(orders?.rows).toBe(2)
    expect((await target.observe('select * from app.order_items'))[0]?.rows).toBe(1)
    expect((await target.observe('select * from app.pub'))[0]?.rows).toBe(2)
    expect((await target.observe('select * from app.ev'))[0]?.rows).toBe(1)
  })

  test.each(['ssn', 'dbl', 'orders', 'orders.*::text'])(
    proves('floor:columns:granted', 'orders: %s'),
    async (column) => {
      const [seen] = await target.observe(`select ${column} from app.orders`)
      expect(seen?.failed).toBe('42501')
    },
  )

  describe('writes', () => {
    test.each([
      ["insert into app.orders (id, tenant_id, note) values (50, 1, 'new')", 1],
      ["insert into app.orders (id, tenant_id, note) values (50, 1, 'new') returning id, note", 1],
      ["update app.orders set note = 'changed'", 2],
      ["update app.orders set note = 'changed' where id in (1, 2, 3) returning id", 2],
      ['delete from app.order_items', 1],
      ["insert into app.order_items values (50, 1, 'mine')", 1],
      ["insert into app.pub values (50, 'for all')", 1],
      ['update app.orders set note = (select max(name) from app.customers)', 2],
      ["insert into app.pub (id, label) values (1, 'mine') on conflict (id) do update set label = 'mine'", 1],
    ])(proves('floor:writes:rows', '%s'), async (sql, rows) => {
      for (const observation of await target.observe(sql)) expect(observation, observation.seen).toMatchObject({ rows })
    })

    test.each([
      ['insert into app.orders (id, tenant_id) values (50, 2)', '42501'],
      ['insert into app.orders (id, tenant_id) select 50 + id, 2 from app.orders', '42501'],
      ["insert into app.orders (id, tenant_id, ssn) values (50, 1, 'x')", '42501'],
      ['update app.orders set tenant_id = 2', '42501'],
      ["update app.orders set ssn = 'x'", '42501'],
      ["update app.customers set name = 'x' where ssn = '111-CANARY_COL'", '42501'],
      ['delete from app.orders where ssn is not null', '42501'],
      ["insert into app.order_items values (50, 2, 'theirs')", '42501'],
      ['update app.order_items set order_id = 2', '42501'],
      ["insert into app.order_items values (50, null, 'nobodys')", '42501'],
      ["insert into app.ev values (9, 1, 'x')", '42501'],
      ["update app.ev set note = 'x'", '42501'],
      ['truncate app.pub', '42501'],
      ["insert into app.plain values (1, 'x')", '42501'],
      ['insert into app.orders_old (id, tenant_id) values (1, 1)', '42501'],
      ["insert into app.ev_1 values (1, 1, 'x')", '42501'],
    ])(proves('floor:writes:rows', 'refused: %s'), async (sql, failed) => {
      for (const observation of await target.observe(sql))
        expect(observation, observation.seen).toMatchObject({ failed })
    })

    test.each([
      "update app.orders set note = 'x' where id = 2",
      'delete from app.orders where id = 2',
      'delete from app.order_items where id = 2',
      "update app.customers set name = 'x' where tenant_id = 2 returning *",
      'with gone as (delete from app.order_items where id = 2 returning id) select * from gone',
    ])(proves('floor:writes:rows', 'nothing is there: %s'), async (sql) => {
      for (const { rows, seen } of await target.observe(sql)) {
        expect(rows, seen).toBe(0)
        expect(seen).not.toContain('CANARY')
      }
    })
  })
})
