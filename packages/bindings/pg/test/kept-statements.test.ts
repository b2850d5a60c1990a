import { loadParser } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const TEXT = 'select id from expenses where amount > $1 order by id'

let postgres: TestPostgres
let pool: pg.Pool
let world: ClientWorld
let client: GuardedClient

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(EXPENSE_DATA)
})
afterAll(() => postgres?.stop())
// one session, which the test looks into past the guard
beforeEach(() => {
  pool = new pg.Pool({ connectionString: postgres.connectionString, max: 1 })
  pool.on('error', () => undefined)
  world = createClientWorld()
  client = guardPool(world.lockstep, pool, world.options)
})
afterEach(() => pool.end())

const idsOf = async (subject: 'user:alice' | 'user:carol', text = TEXT) => {
  const { rows } = await world.as(world.call(subject), () => client.query(text, [0]))
  return rows.map(({ id }) => id)
}
const ALICES = ['INV-1', 'INV-2', 'INV-3']

interface Kept {
  readonly name: string
  readonly statement: string
  readonly generic_plans: string
}
const kept = async () => (await pool.query<Kept>('select * from pg_prepared_statements')).rows
/** Those of statements, without the questions about their labels. */
const keptOfStatements = async () => (await kept()).filter(({ statement }) => statement.includes('ORDER BY'))

test(proves('execution:client:kept', 'one for all callers, planned for each'), async () => {
  for (let time = 0; time < 8; time += 1) {
    expect(await idsOf('user:alice')).toEqual(ALICES)
    expect(await idsOf('user:carol')).toEqual(['INV-4'])
  }
  const statements = await keptOfStatements()
  expect(statements).toHaveLength(1)
  expect(statements).toMatchObject([{ statement: expect.stringContaining('dept_id'), generic_plans: '0' }])
})

describe('what is mostly asked of a session', () => {
  const BY_KEY = 'select name from employees where id = $1'
  const BY_NAME = 'select id from employees where name <> $1 order by id'
  /** How often each kept text was planned once for all, and with the values of one use. */
  const plans = async () => {
    const { rows } = await pool.query<{ generic: number; custom: number; text: string }>(
      'select generic_plans::int as generic, custom_plans::int as custom, statement as text from pg_prepared_statements',
    )
    return Object.fromEntries(
      rows.map(({ text, generic, custom }) => [text.includes('<>') ? 'name' : 'key', { generic, custom }]),
    )
  }
  const ask = async (subject: 'user:alice' | 'user:carol', text: string, value: string) => {
    const { rows } = await world.as(world.call(subject), () => client.query(text, [value]))
    return rows.flatMap((row) => Object.values(row))
  }
  const askByKey = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      expect(await ask('user:alice', BY_KEY, 'user:erin')).toEqual(['Erin'])
      expect(await ask('user:carol', BY_KEY, 'user:erin')).toEqual([])
      expect(await ask('user:carol', BY_KEY, 'user:carol')).toEqual(['CANARY carol'])
    }
  }
  const askByName = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      expect(await ask('user:alice', BY_NAME, 'Alice')).toEqual(['user:erin'])
      expect(await ask('user:carol', BY_NAME, 'Alice')).toEqual(['user:carol'])
    }
  }

  test(proves('execution:client:planned', 'by key: once for all callers'), async () => {
    await askByKey(8)
    const { key } = await plans()
    expect(key?.generic).toBeGreaterThan(5)
  })

  test(proves('execution:client:planned', 'else for each caller, whatever was asked before'), async () => {
    await askByKey(8)
    // not often enough for the session to be set otherwise: nothing is kept
    await askByName(3)
    expect(Object.keys(await plans())).toEqual(['key'])
    await askByName(20)
    const before = await plans()
    expect(before).toMatchObject({ name: { generic: 0 } })
    expect(before.name?.custom).toBeGreaterThan(5)
    await askByKey(8)
    expect((await plans()).key?.generic).toBeGreaterThan(before.key?.generic ?? 0)
  })

  test(proves('execution:client:planned', 'after trusted work'), async () => {
    await askByKey(8)
    await world.asSystem('looks', () => client.query('select 1 as one'))
    // a session that was reset keeps again what is planned each time
    await askByName(3)
    expect(await plans()).toMatchObject({ name: { generic: 0, custom: 5 } })
  })
})

test(proves('execution:client:kept', 'none that was sent once, none of trusted work, none that is long'), async () => {
  await idsOf('user:alice')
  const long = `select id from expenses where id <> '${'x'.repeat(9_000)}' and id <> '${'y'.repeat(9_000)}'`
  for (let time = 0; time < 3; time += 1) {
    await world.asSystem('looks', () => client.query('select 1 as one'))
    await world.as(world.call('user:alice'), () => client.query(long)).catch(() => undefined)
  }
  expect(await kept()).toEqual([])
})

test(proves('execution:client:kept', 'a table that was altered'), async () => {
  for (let time = 0; time < 3; time += 1) await idsOf('user:alice')
  await postgres.pool().query('alter table expenses alter column id type varchar(40)')
  expect(await idsOf('user:alice')).toEqual(ALICES)
  await postgres.pool().query('alter table expenses alter column id type text')
  expect(await idsOf('user:alice')).toEqual(ALICES)
  expect(world.databaseErrors).toEqual([])
})

test(proves('execution:client:kept', 'a session that gave everything up'), async () => {
  for (let time = 0; time < 30; time += 1) {
    expect(await idsOf('user:carol')).toEqual(['INV-4'])
    await pool.query('deallocate all')
  }
  // whoever loses each one is not asked to keep any
  for (let time = 0; time < 3; time += 1) expect(await idsOf('user:alice')).toEqual(ALICES)
  expect(await kept()).toEqual([])
  expect(world.databaseErrors).toEqual([])
})

test(proves('execution:client:kept', 'after a reset'), async () => {
  // more often than a session may lose what it keeps: a reset is no loss
  for (let resets = 0; resets < 12; resets += 1) {
    for (let time = 0; time < 3; time += 1) await idsOf('user:alice')
    await world.asSystem('looks', () => client.query('select 1 as one'))
  }
  expect(await idsOf('user:alice')).toEqual(ALICES)
  expect(await kept()).toEqual([])
  for (let time = 0; time < 3; time += 1) expect(await idsOf('user:alice')).toEqual(ALICES)
  expect(await keptOfStatements()).toHaveLength(1)
})

test(proves('execution:client:kept', 'never more than a bound'), async () => {
  let most = 0
  for (let time = 0; time < 250; time += 1) {
    const text = `select id from expenses where amount > $1 and id <> 'x${time}' order by id`
    for (let again = 0; again < 2; again += 1) expect(await idsOf('user:alice', text)).toEqual(ALICES)
    if (time % 10 === 9) most = Math.max(most, (await kept()).length)
  }
  expect(most).toBeGreaterThan(80)
  expect(most).toBeLessThanOrEqual(100)
})
