import { AsyncLocalStorage } from 'node:async_hooks'
import { type AuthorizedCall, isLockstepError } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, openFloor } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAskAccess } from '../../packages/bindings/mcp/src/create-ask-access.ts'
import { SQL_FIXTURE } from '../attacks/sql-cases.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { APP, createFloorRoles, planTestFloor, WRITER } from '../fixtures/floor/lay-floor.ts'
import tenants from '../fixtures/tenants/lockstep.config.ts'
import { tenantMembers } from '../fixtures/tenants/tenant-members.ts'
import { tenantTablesWithItems } from '../fixtures/tenants/tenant-tables.ts'
import { runs, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { type Random, randomOf } from './floor-policies.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const STATEMENTS = { 18: Number(process.env.STATEMENTS ?? runs(400)), 15: Number(process.env.STATEMENTS ?? runs(150)) }

/** Everything that could have been written, with what nobody who asks may see. */
const CONTENTS = ['customers', 'orders', 'order_items', 'pub', 'ev', 'plain'].map(
  (table) => `select '${table}' as of, pg_catalog.to_jsonb(t)::text as row from app.${table} as t`,
)

interface Write {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Draws a write of one table, by values that both tenants, and nobody, have. */
function drawWrite(random: Random): Write {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const values: unknown[] = []
  const bind = (value: unknown) => `$${values.push(value)}`
  const id = () => Math.floor(random() * 14)
  const tenant = () => pick([1, 1, 1, 2, 3])
  const { name, cells } = pick([
    {
      name: 'app.orders',
      cells: { id, tenant_id: tenant, customer_id: () => pick([1, 2, null]), note: () => `n${id()}`, qty: id },
    },
    { name: 'app.customers', cells: { id, tenant_id: tenant, name: () => `c${id()}`, email: () => `${id()}@x` } },
    { name: 'app.order_items', cells: { id, order_id: () => pick([1, 2, 3, 9, null, 5]), sku: () => `s${id()}` } },
    { name: 'app.pub', cells: { id, label: () => `l${id()}` } },
    { name: 'app.ev', cells: { id, tenant_id: tenant, note: () => 'e' } },
  ] as const)
  const columns = Object.entries(cells) as readonly (readonly [string, () => unknown])[]
  const returning = random() < 0.5 ? ` returning ${columns.map(([column]) => column).join(', ')}` : ''
  const where = (): string => {
    const drawn = random()
    if (drawn < 0.15) return ''
    const [column, cell] = drawn < 0.7 ? (columns[0] as (typeof columns)[number]) : pick(columns)
    return ` where ${column} ${pick(['=', '=', '<>', '>', '<='])} ${bind(cell())}`
  }
  const drawn = random()
  if (drawn < 0.4) {
    const given = columns.map(([, cell]) => bind(cell())).join(', ')
    const listed = columns.map(([column]) => column).join(', ')
    return { text: `insert into ${name} (${listed}) values (${given})${returning}`, values }
  }
  if (drawn < 0.75) {
    const [column, cell] = pick(columns)
    return { text: `update ${name} set ${column} = ${bind(cell())}${where()}${returning}`, values }
  }
  return { text: `delete from ${name}${where()}${returning}`, values }
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  const current = new AsyncLocalStorage<AuthorizedCall>()
  let postgres: TestPostgres
  let worlds: readonly pg.Pool[]
  let rewritten: GuardedClient
  let app: pg.Pool
  let people: readonly { readonly call: AuthorizedCall; readonly handle: string }[]

  beforeAll(async () => {
    const { plan, point, sql } = await planTestFloor(tenants, new URL('../fixtures/tenants/policies/', import.meta.url))
    postgres = await startPostgres({ version })
    await postgres.pool().query('create database held')
    worlds = [postgres.pool(), postgres.pool('postgres', 'held')]
    for (const world of worlds) await world.query(SQL_FIXTURE)
    await createFloorRoles(postgres)
    await worlds[1]?.query(sql)
    const rewriter = createRewriter({ tables: tenantTablesWithItems, ...createAskAccess(point), searchPath: ['app'] })
    const execution = createExecutionGuard({
      rewriter,
      currentCall: () => current.getStore(),
      isOpen: () => true,
      finalRows: createFinalRows(),
    })
    rewritten = guardPool({ execution }, postgres.pool('agent_raw'))
    app = postgres.pool(APP, 'held')
    const writer = postgres.pool(WRITER, 'held')
    const floor = openFloor({
      facts: () => plan,
      query: async (text, values) => (await writer.query(text, values)).rows,
    })
    people = await Promise.all(
      ['user:ann', 'user:cat', 'user:nobody'].map(async (subject) => {
        const call = authorizedCall(subject, { tool: 'query' })
        const known = { ...call, facts: await tenantMembers.load(call.caller) }
        return { call: known, handle: await floor.handleOf(known) }
      }),
    )
  })
  afterAll(() => postgres?.stop())

  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort()
  const contents = async (world: pg.Pool) => sorted((await world.query(CONTENTS.join(' union all '))).rows)

  async function hold(handle: string, { text, values }: Write) {
    const client = await app.connect()
    try {
      await client.query("select set_config('lockstep.call', $1, false)", [handle])
      const { rows, rowCount } = await client.query(text, [...values])
      return { rows: sorted(rows), rowCount }
    } catch (error) {
      if (error instanceof Error && 'severity' in error) return 'refused'
      throw error
    } finally {
      client.release()
    }
  }

  test(
    proves('floor:writes:rows', 'as the rewriter writes them, for generated writes'),
    async () => {
      const seen = { refused: 0, nothing: 0, written: 0 }
      for (let index = 0; index < STATEMENTS[version]; index += 1) {
        const random = randomOf(SEED + index)
        const { call, handle } = people[Math.floor(random() * 2.2)] as (typeof people)[number]
        const write = drawWrite(random)
        const place = `seed ${SEED}, statement ${index}, ${call.caller.subject.id}: ${write.text} ${JSON.stringify(write.values)}`
        const expected = await current.run(call, async () => {
          try {
            const { rows, rowCount } = await rewritten.query(write.text, write.values)
            return { rows: sorted(rows), rowCount }
          } catch (error) {
            if (!isLockstepError(error)) throw error
            return 'refused' as const
          }
        })
        const held = await hold(handle, write)
        // who may write nothing at all is told so by the rewriter; the database finds no row
        if (expected !== 'refused') expect(held, place).toEqual(expected)
        else expect(held === 'refused' || held.rowCount === 0, place).toBe(true)
        seen[expected === 'refused' ? 'refused' : expected.rowCount === 0 ? 'nothing' : 'written'] += 1
        const [one, other] = await Promise.all(worlds.map(contents))
        expect(other, place).toEqual(one)
      }
      console.info(`PostgreSQL ${version}, seed ${SEED}: ${JSON.stringify(seen)}`)
      expect(seen.written).toBeGreaterThan(STATEMENTS[version] / 20)
    },
    within(600_000),
  )
})
