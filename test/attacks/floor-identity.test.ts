import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from '../differential/postgres.ts'
import { proves } from '../requirements/index.ts'
import { type FloorTarget, openFloorTarget } from './floor-target.ts'

const TABLES = ['app.orders', 'app.customers', 'app.order_items', 'app.pub', 'app.ev']
const GREEDY = "select id, note from app.orders where note <> 'mine'"

/** What somebody who can run anything under the application's role tries, before looking at the orders of all tenants. */
const TRIES: readonly (readonly string[])[] = [
  ['set role own'],
  ['set local role lockstep_floor'],
  ['set role lockstep_writer'],
  ['set session authorization own'],
  ['reset role'],
  ['reset session authorization'],
  ['reset all'],
  ['set row_security = off'],
  ["select set_config('row_security', 'off', true)"],
  ["set local session_replication_role = 'replica'"],
  ["select set_config('lockstep.tenant', '2', true)"],
  ["select set_config('lockstep.subject', 'user:cat', true)"],
  ["select set_config('role', 'own', true)"],
  ["select set_config('search_path', 'app, public', true)"],
  ['alter table app.orders disable row level security'],
  ['alter table app.orders no force row level security'],
  ['alter table app.orders owner to floor_app'],
  ['create policy mine on app.orders using (true)'],
  ['drop policy lockstep_read on app.orders'],
  ['alter policy lockstep_read on app.orders using (true)'],
  ['grant select on app.orders to floor_app'],
  ['create temp table calls (facts jsonb)'],
  ["create function pg_temp.fact(text) returns text language sql as 'select ''{2}'''"],
  ["create or replace function lockstep_floor.fact(text) returns text language sql as 'select ''{2}'''"],
  ["create function app.fact(text) returns text language sql security definer as 'select ''{2}'''"],
  ['create schema mine'],
  ['alter role floor_app bypassrls'],
  ['create role helper superuser'],
  ['do $$ begin execute $x$set role own$x$; end $$'],
  ['do $$ declare r record; begin for r in select * from app.orders loop raise notice $x$%$x$, r; end loop; end $$'],
  [
    'do $$ declare r record; begin for r in select id, note from app.orders loop raise notice $x$%$x$, r; end loop; end $$',
  ],
  ['select * from lockstep_floor.calls'],
  ['select handle from lockstep_floor.calls'],
  ['table lockstep_floor.calls'],
  ['delete from lockstep_floor.calls'],
  ["update lockstep_floor.calls set facts = '{}'"],
  ["insert into lockstep_floor.calls values (sha256('x'), 'v', 's', 'a', '{}', 'infinity')"],
  ["select query_to_xml('table lockstep_floor.calls', true, false, '')"],
  ['lock table lockstep_floor.calls'],
  ['prepare p as select * from app.orders', 'execute p'],
  ['declare c cursor for select id, note from app.orders', 'move 1 from c'],
]

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let target: FloorTarget
  beforeAll(async () => {
    target = await openFloorTarget(version)
  })
  afterAll(() => target?.stop())

  test.each(TRIES.map((tries) => [tries.join('; '), tries] as const))(
    proves('floor:call:identity', '%s'),
    async (_, tries) => {
      for (const run of [tries, [...tries, GREEDY], ['savepoint s', ...tries]]) {
        for (const { seen, rows } of await target.observe(...run)) {
          expect(seen).not.toContain('CANARY')
          if (run.at(-1) === GREEDY) expect(rows).toBeLessThanOrEqual(1)
        }
      }
    },
  )

  test(proves('floor:rows:look', 'who asks the verdict itself is told of own rows only'), async () => {
    const ask = (order: number) => target.observe(`select lockstep_floor.read_app_order_items(${order}) as may`)
    const seen = async (order: number) => [...new Set((await ask(order)).map((one) => one.seen.slice(0, 10)))]
    expect(await seen(1)).toEqual(['[[true]] {'])
    expect(await seen(2)).toEqual(['[[false]] '])
    // an order that is not there, and one that is hidden, are the same
    expect(await seen(77)).toEqual(['[[false]] '])
  })

  test(proves('floor:call:unknown', 'no handle, and none of one'), async () => {
    const [own] = target.superuser
    const stored = await own?.query(
      "select encode(handle, 'hex') as hex, encode(handle, 'base64') as text from lockstep_floor.calls",
    )
    const given = [
      undefined,
      '',
      'user:ann',
      'user:cat',
      '{"subject":"user:ann"}',
      randomBytes(32).toString('base64url'),
      // what the database keeps is worth nothing
      stored?.rows[0].hex,
      `\\x${stored?.rows[0].hex}`,
      stored?.rows[0].text,
    ]
    for (const handle of given) {
      for (const table of TABLES) {
        for (const seen of await target.observeAs(handle, `select id from ${table}`))
          expect(seen).toMatchObject({ rows: 0 })
      }
      for (const table of ['app.pub', 'app.order_items', 'app.orders']) {
        for (const seen of await target.observeAs(handle, `delete from ${table}`))
          expect(seen).toMatchObject({ rows: 0 })
      }
      const inserted = await target.observeAs(handle, "insert into app.pub values (90, 'x')")
      for (const { failed } of inserted) expect(failed).toBe('42501')
    }
  })

  test(proves('floor:call:unknown', 'a handle is worth nothing in another database'), async () => {
    const rows = await Promise.all(
      target.handles.map(async (handle) =>
        (await target.observeAs(handle, 'select id from app.pub')).map((one) => one.rows),
      ),
    )
    expect(rows).toEqual([
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
    ])
  })

  test(proves('floor:call:unknown', 'one that is over, or of another floor'), async () => {
    const rows = async () => (await target.observe('select id from app.pub'))[0]?.rows
    const [own] = target.superuser
    const change = (set: string) => own?.query(`update lockstep_floor.calls set ${set}`)
    expect(await rows()).toBe(2)
    await change("version = version || '!'")
    expect(await rows()).toBe(0)
    await change("version = rtrim(version, '!')")
    expect(await rows()).toBe(2)
    await change("expires_at = expires_at - interval '2 days'")
    expect(await rows()).toBe(0)
    await change("expires_at = expires_at + interval '2 days'")
    expect(await rows()).toBe(2)
  })

  test(proves('floor:call:secret', 'what writes calls cannot read them'), async () => {
    const [writer] = target.writers
    await expect(writer?.query('select facts from lockstep_floor.calls')).rejects.toMatchObject({ code: '42501' })
    await expect(writer?.query('update lockstep_floor.calls set handle = handle')).rejects.toMatchObject({
      code: '42501',
    })
    await expect(writer?.query('select * from app.orders')).rejects.toMatchObject({ code: '42501' })
  })
})
