import { AsyncLocalStorage } from 'node:async_hooks'
import { PGlite } from '@electric-sql/pglite'
import type { AuthorizedCall } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, type Floor, openFloor } from '@lockstep/execution'
import { guardClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SQL_FIXTURE } from '../../../../test/attacks/sql-cases.ts'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import {
  APP,
  createFloorRoles,
  type LaidFloor,
  planTestFloor,
  WRITER,
} from '../../../../test/fixtures/floor/lay-floor.ts'
import tenants from '../../../../test/fixtures/tenants/lockstep.config.ts'
import { tenantMembers } from '../../../../test/fixtures/tenants/tenant-members.ts'
import { tenantTablesWithItems } from '../../../../test/fixtures/tenants/tenant-tables.ts'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createAskAccess } from '../../mcp/src/create-ask-access.ts'

const current = new AsyncLocalStorage<AuthorizedCall>()
const closed = new Set<AuthorizedCall>()
const sent: string[] = []
let postgres: TestPostgres
let laid: LaidFloor
let floor: Floor
let own: pg.Pool
const pools: pg.Pool[] = []

beforeAll(async () => {
  laid = await planTestFloor(tenants, new URL('../../../../test/fixtures/tenants/policies/', import.meta.url))
  postgres = await startPostgres()
  own = postgres.pool()
  await own.query(SQL_FIXTURE)
  await createFloorRoles(postgres)
  await own.query(laid.sql)
  const writer = postgres.pool(WRITER)
  const query = async (text: string, values: unknown[]) => {
    sent.push(text)
    return (await writer.query(text, values)).rows
  }
  floor = openFloor({ facts: () => laid.plan, query })
})
afterEach(() => {
  sent.length = 0
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await postgres?.stop()
})

async function callOf(subject: string): Promise<AuthorizedCall> {
  const call = authorizedCall(subject, { tool: 'query' })
  return { ...call, facts: await tenantMembers.load(call.caller) }
}

function lockstep(told = floor) {
  return {
    execution: createExecutionGuard({
      rewriter: createRewriter({
        tables: tenantTablesWithItems,
        ...createAskAccess(laid.point),
        searchPath: ['app'],
      }),
      currentCall: () => current.getStore(),
      isOpen: (call) => !closed.has(call),
      finalRows: createFinalRows(),
      floor: told,
    }),
  }
}

/** A pool of the application's login that remembers what is sent, of one connection unless it is said otherwise. */
function appPool(max = 1) {
  const pool = new pg.Pool({ connectionString: postgres.connectionString.replace('//postgres@', `//${APP}@`), max })
  pools.push(pool)
  // the server may end a connection that is being closed
  pool.on('error', () => undefined)
  const texts: string[] = []
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [statement] = args
      if (typeof statement === 'object' && statement !== null && 'text' in statement) texts.push(String(statement.text))
      return query(...args)
    }) as typeof client.query
  })
  return { pool, texts }
}

const handles = async (): Promise<number> =>
  Number((await own.query('select count(*) as n from lockstep_floor.calls')).rows[0].n)

test(proves('floor:call:carried', 'by every statement of a contended pool'), async () => {
  const client = guardPool(lockstep(), appPool().pool)
  const [ann, cat] = [await callOf('user:ann'), await callOf('user:cat')]
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      current.run(n % 3 === 0 ? cat : ann, () => client.query('select id from orders order by id')),
    ),
  )
  answers.forEach(({ rows }, n) => {
    expect(rows).toEqual(n % 3 === 0 ? [{ id: 2 }, { id: 9 }] : [{ id: 1 }, { id: 3 }])
  })
  const read = await current.run(ann, () => client.query('select sku from order_items'))
  expect(read.rows).toEqual([{ sku: 'a' }])
  // one row for each call, however many statements it has
  expect(sent.filter((text) => text.startsWith('INSERT'))).toHaveLength(2)
})

test(proves('floor:call:carried', 'by transactions and streams'), async () => {
  const client = guardPool(lockstep(), appPool(2).pool)
  const [ann, cat] = [await callOf('user:ann'), await callOf('user:cat')]
  await current.run(ann, () =>
    client.transaction(async (tx) => {
      expect((await tx.query('select id from orders')).rows).toHaveLength(2)
      await current.run(cat, async () => {
        expect((await client.query('select id from orders order by id')).rows).toEqual([{ id: 2 }, { id: 9 }])
      })
      await tx.transaction(async (inner) => {
        expect((await inner.query('select id from orders')).rows).toHaveLength(2)
      })
      await expect(
        tx.transaction((inner) => inner.query('select 1 / (id - id) as x from orders')),
      ).rejects.toMatchObject({
        code: 'execution.database-failed',
      })
      expect((await tx.query('select id from orders')).rows).toHaveLength(2)
    }),
  )
  const streamed: unknown[] = []
  await current.run(cat, async () => {
    for await (const row of client.stream('select id from orders order by id')) streamed.push(row)
  })
  expect(streamed).toEqual([{ id: 2 }, { id: 9 }])
})

test(proves('floor:call:carried', 'by writes'), async () => {
  const client = guardPool(lockstep(), appPool(2).pool)
  const [ann, cat] = [await callOf('user:ann'), await callOf('user:cat')]
  const write = (call: AuthorizedCall, text: string, values: unknown[] = []) =>
    current.run(call, () => client.query(text, values))
  const insert = 'insert into order_items (id, order_id, sku) values ($1, $2, $3) returning id, sku'
  expect((await write(ann, insert, [60, 1, 'new'])).rows).toEqual([{ id: 60, sku: 'new' }])
  expect((await write(ann, "update order_items set sku = 'changed' where id = 60")).rowCount).toBe(1)
  expect((await write(cat, "update order_items set sku = 'stolen' where id = 60")).rowCount).toBe(0)
  await expect(write(cat, insert, [61, 1, 'theirs'])).rejects.toMatchObject({ code: 'execution.write-denied' })
  expect((await own.query('select sku from app.order_items where id >= 60')).rows).toEqual([{ sku: 'changed' }])
  expect((await write(ann, 'delete from order_items where id = 60')).rowCount).toBe(1)
})

test(proves('floor:call:carried', 'and by nobody who borrows a connection afterwards'), async () => {
  const { pool } = appPool()
  const client = guardPool(lockstep(), pool)
  const ann = await callOf('user:ann')
  expect((await current.run(ann, () => client.query('select id from orders'))).rows).toHaveLength(2)
  const left = await pool.query(
    "select current_setting('lockstep.call', true) as handle, (select count(*) from app.orders) as n",
  )
  expect(left.rows).toEqual([{ handle: '', n: '0' }])
  await current.run(ann, () => client.transaction((tx) => tx.query('select id from orders')))
  expect((await pool.query("select current_setting('lockstep.call', true) as handle")).rows).toEqual([{ handle: '' }])
})

test(proves('floor:call:carried', 'by the one session of PGlite'), async () => {
  const pglite = new PGlite()
  try {
    await pglite.exec(SQL_FIXTURE)
    await pglite.exec(`create role ${APP} login; create role ${WRITER} login; ${laid.sql}`)
    // the session belongs to a superuser, who is no part of what is tested
    await pglite.exec(`grant ${WRITER}, ${APP} to postgres; set role ${APP}`)
    const asWriter = async (text: string, values: unknown[]) => {
      await pglite.exec(`set role ${WRITER}`)
      const { rows } = await pglite.query<Record<string, unknown>>(text, values)
      await pglite.exec(`set role ${APP}`)
      return rows
    }
    const client = guardClient(lockstep(openFloor({ facts: () => laid.plan, query: asWriter })), pglite)
    const [ann, cat] = [await callOf('user:ann'), await callOf('user:cat')]
    const ids = async (call: AuthorizedCall) =>
      (await current.run(call, () => client.query('select id from orders order by id'))).rows.map(({ id }) => id)
    expect([await ids(ann), await ids(cat), await ids(ann)]).toEqual([
      [1, 3],
      [2, 9],
      [1, 3],
    ])
    const left = "select current_setting('lockstep.call', true) as handle, (select count(*)::int from app.orders) as n"
    await vi.waitFor(async () => expect((await pglite.query(left)).rows).toEqual([{ handle: '', n: 0 }]), PATIENT)
  } finally {
    await pglite.close()
  }
})

test(proves('floor:call:secret', 'in no text'), async () => {
  const { pool, texts } = appPool()
  const client = guardPool(lockstep(), pool)
  const ann = await callOf('user:ann')
  await current.run(ann, () => client.query('select id from orders'))
  const handle = await floor.handleOf(ann)
  expect(handle).toMatch(/^[\w-]{43}$/)
  expect(texts.some((text) => text.includes('set_config') && text.includes('$1'))).toBe(true)
  expect([...texts, ...sent].join('\n')).not.toContain(handle)
  const kept = await own.query('select c::text as row, handle from lockstep_floor.calls as c')
  expect(JSON.stringify(kept.rows)).not.toContain(handle)
  expect(kept.rows.every((row) => row.handle.length === 32)).toBe(true)
})

test(proves('floor:call:over', 'when the call is answered'), async () => {
  const { pool } = appPool()
  const client = guardPool(lockstep(), pool)
  const ann = await callOf('user:ann')
  const before = await handles()
  await current.run(ann, () => client.query('select id from orders'))
  const stolen = await floor.handleOf(ann)
  await pool.query("select set_config('lockstep.call', $1, false)", [stolen])
  expect((await pool.query('select id from app.pub')).rows).toHaveLength(2)
  closed.add(ann)
  await vi.waitFor(async () => expect(await handles()).toBe(before), PATIENT)
  expect((await pool.query('select id from app.pub')).rows).toEqual([])
  await expect(current.run(ann, () => client.query('select id from orders'))).rejects.toMatchObject({
    code: 'execution.no-call',
  })
})

test(proves('floor:call:unknown', 'where a call cannot be written down nothing is sent'), async () => {
  const { pool, texts } = appPool()
  let isBroken = true
  const writer = postgres.pool(WRITER)
  const failing = openFloor({
    facts: () => laid.plan,
    query: async (text, values) => {
      if (isBroken) throw new Error('no connection')
      return (await writer.query(text, values)).rows
    },
  })
  const ann = await callOf('user:ann')
  const client = guardPool(lockstep(failing), pool)
  await expect(
    current.run(ann, () => client.transaction((tx) => tx.query('select id from orders'))),
  ).rejects.toMatchObject({
    code: 'execution.database-failed',
  })
  expect(texts).toEqual([])
  isBroken = false
  expect(
    (await current.run(ann, () => client.transaction((tx) => tx.query('select id from orders')))).rows,
  ).toHaveLength(2)
})

test(proves('floor:call:carried', 'a driver without sessions is refused'), async () => {
  const asked: string[] = []
  const client = guardClient(lockstep(), {
    query: async (text) => {
      asked.push(text)
      return { rows: [] }
    },
  })
  const ann = await callOf('user:ann')
  await expect(current.run(ann, () => client.query('select id from orders'))).rejects.toMatchObject({
    code: 'execution.statement-unsupported',
  })
  expect(asked).toEqual([])
})
