import { loadParser } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
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
