import { loadParser } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'

const IDS = 'select id from expenses order by id'
/** Milliseconds that the server may take to notice something. */
/** One that waits, and not one that is only being made ready. */
const WAITING = [{ state: 'active', query: expect.stringContaining('pg_sleep') }]
const FAILED = { code: 'execution.database-failed' }

let postgres: TestPostgres
let admin: pg.Pool
let world: ClientWorld
let raw: pg.Pool
let client: GuardedClient
let lent: number

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  admin = postgres.pool()
  await admin.query(EXPENSE_DATA)
  await admin.query('create table trace (n int)')
}, 240_000)
afterAll(() => postgres?.stop())
beforeEach(async () => {
  await raw?.end()
  await expect.poll(sessions, PATIENT).toEqual([])
  world = createClientWorld()
  lent = 0
  raw = new pg.Pool({
    connectionString: postgres.connectionString,
    max: 1,
    application_name: 'guarded',
    connectionTimeoutMillis: 5000,
  })
  raw.on('error', () => undefined)
  raw.on('acquire', () => {
    lent += 1
  })
  raw.on('release', () => {
    lent -= 1
  })
  client = guardPool(world.lockstep, raw, world.options)
})
afterAll(() => raw?.end())

const alice = <T>(work: () => T): T => world.as(world.call('user:alice'), work)
const sessions = async () =>
  (await admin.query("select state, query from pg_stat_activity where application_name = 'guarded'")).rows
const kill = () =>
  admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guarded'")
async function expectWhole(): Promise<void> {
  expect(await alice(() => client.query(IDS))).toMatchObject({ rowCount: 3 })
  expect([lent, raw.totalCount, raw.idleCount]).toEqual([0, 1, 1])
}

describe('a connection that dies', () => {
  test(proves('execution:client:broken', 'in a statement'), async () => {
    const answer = world.asSystem('waits', () => client.query('select pg_sleep(30)'))
    const outcome = answer.catch((error: unknown) => error)
    await expect.poll(sessions, PATIENT).toMatchObject(WAITING)
    await kill()
    expect(await outcome).toMatchObject(FAILED)
    await expectWhole()
  })

  test(proves('execution:client:broken', 'in the pool'), async () => {
    await expectWhole()
    await kill()
    await expect.poll(() => raw.totalCount, PATIENT).toBe(0)
    await expectWhole()
  })

  test(proves('execution:client:broken', 'in a transaction, between statements'), async () => {
    const answer = alice(() =>
      client.transaction(async (tx) => {
        await tx.query(IDS)
        await world.asSystem('keeps a trace', () => tx.query('insert into trace values (1)'))
        await kill()
        await expect.poll(sessions, PATIENT).toEqual([])
        await tx.query(IDS)
      }),
    )
    await expect(answer).rejects.toMatchObject(FAILED)
    expect((await admin.query('select * from trace')).rows).toEqual([])
    await expectWhole()
  })

  test(proves('execution:client:broken', 'before the commit'), async () => {
    const answer = alice(() =>
      client.transaction(async (tx) => {
        await world.asSystem('keeps a trace', () => tx.query('insert into trace values (2)'))
        await kill()
        await expect.poll(sessions, PATIENT).toEqual([])
      }),
    )
    await expect(answer).rejects.toMatchObject(FAILED)
    expect((await admin.query('select * from trace')).rows).toEqual([])
    await expectWhole()
  })

  test(proves('execution:client:broken', 'in a stream'), async () => {
    const seen: unknown[] = []
    const answer = alice(async () => {
      for await (const row of client.stream(IDS, [], { batchSize: 1 })) {
        seen.push(row)
        await kill()
        await expect.poll(sessions, PATIENT).toEqual([])
      }
    })
    await expect(answer).rejects.toMatchObject(FAILED)
    expect(seen).toHaveLength(1)
    await expectWhole()
  })

  test(proves('execution:client:broken', 'while its call ends'), async () => {
    const call = world.call('user:alice')
    const running = world
      .as(call, () => client.transaction((tx) => world.asSystem('waits', () => tx.query('select pg_sleep(20)'))))
      .catch((error: unknown) => error)
    await expect.poll(sessions, PATIENT).toMatchObject(WAITING)
    world.end(call)
    expect(await running).toMatchObject({ name: 'LockstepError' })
    await kill()
    await expectWhole()
  })
})

describe('a statement that takes too long', () => {
  test(proves('execution:client:broken', 'by its own limit'), async () => {
    const own = new pg.Pool({ connectionString: postgres.connectionString, max: 1, statement_timeout: 1_000 })
    const guarded = guardPool(world.lockstep, own, world.options)
    const answer = world.asSystem('waits', () => guarded.query('select pg_sleep(30)'))
    await expect(answer).rejects.toMatchObject({ ...FAILED, detail: 'SQLSTATE class 57' })
    expect(await alice(() => guarded.query(IDS))).toMatchObject({ rowCount: 3 })
    await own.end()
  })

  test(proves('execution:client:broken', 'for the driver'), async () => {
    const own = new pg.Pool({ connectionString: postgres.connectionString, max: 1, query_timeout: 1_500 })
    own.on('error', () => undefined)
    const guarded = guardPool(world.lockstep, own, world.options)
    // the answer of the first statement must not become that of the second
    await expect(world.asSystem('waits', () => guarded.query("select pg_sleep(2), 'CANARY'"))).rejects.toMatchObject(
      FAILED,
    )
    expect(await alice(() => guarded.query(IDS))).toMatchObject({ rowCount: 3 })
    await own.end()
  })
})

describe('a pool', () => {
  test(proves('execution:client:broken', 'that cannot connect'), async () => {
    for (const connect of [
      () => Promise.reject(new Error('CANARY')),
      () => {
        throw new Error('CANARY')
      },
    ]) {
      const guarded = guardPool(world.lockstep, { connect, end: async () => undefined }, world.options)
      for (const answer of [
        alice(() => guarded.query(IDS)),
        alice(() => guarded.transaction((tx) => tx.query(IDS))),
        alice(() => guarded.stream(IDS).batches().next()),
      ]) {
        await expect(answer).rejects.toMatchObject({ ...FAILED, message: expect.not.stringContaining('CANARY') })
      }
    }
    expect(world.databaseErrors).toHaveLength(6)
  })

  test(proves('execution:client:broken', 'whose connections are given back once'), async () => {
    const releases: unknown[] = []
    const connect = async () => {
      const one = await raw.connect()
      return {
        query: one.query.bind(one) as never,
        release: (error?: Error | boolean) => {
          releases.push(error)
          one.release(error)
        },
      }
    }
    const guarded = guardPool(world.lockstep, { connect, end: async () => undefined })
    const call = world.call('user:alice')
    await world.as(call, async () => {
      await guarded.query(IDS)
      await guarded.query('select 1 / (amount - amount) as n from expenses').catch(() => undefined)
      await guarded.transaction((tx) => tx.query(IDS))
      await guarded
        .transaction((tx) => tx.query('select 1 / (amount - amount) as n from expenses'))
        .catch(() => undefined)
      for await (const _row of guarded.stream(IDS)) break
      const tx = await guarded.begin()
      await tx.rollback()
      await tx.rollback()
      await tx.commit().catch(() => undefined)
    })
    // the failed statement asked for its labels on a connection of its own
    expect(releases.filter((broken) => broken === false)).toHaveLength(releases.length)
    expect(lent).toBe(0)
  })
})

describe('serialization failures', () => {
  beforeAll(async () => {
    await admin.query('create table counters (n int); insert into counters values (0)')
  })

  /** Somebody else changes the row between reading and writing, as often as `conflicts` says. */
  async function count(conflicts: number, retry?: number): Promise<number> {
    let runs = 0
    await world.asSystem('counts', () =>
      client.transaction(
        async (tx) => {
          runs += 1
          await tx.query('select n from counters')
          if (runs <= conflicts) await admin.query('update counters set n = n + 100')
          await tx.query('update counters set n = n + 1')
        },
        { isolation: 'serializable', ...(retry === undefined ? {} : { retry }) },
      ),
    )
    return runs
  }

  test(proves('execution:transaction:retry', 'not by itself'), async () => {
    await expect(count(1)).rejects.toMatchObject({ ...FAILED, detail: 'SQLSTATE class 40' })
    await expectWhole()
  })

  test(proves('execution:transaction:retry', 'as often as was asked for'), async () => {
    expect(await count(2, 2)).toBe(3)
    await expect(count(2, 1)).rejects.toMatchObject(FAILED)
    await expectWhole()
  })

  test(proves('execution:transaction:retry', 'not for another failure'), async () => {
    let runs = 0
    const answer = world.asSystem('fails', () =>
      client.transaction(
        async (tx) => {
          runs += 1
          await tx.query('select 1 / 0')
        },
        { retry: 5 },
      ),
    )
    await expect(answer).rejects.toMatchObject(FAILED)
    expect(runs).toBe(1)
  })
})
