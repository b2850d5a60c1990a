import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthorizedCall } from '@lockstep/core'
import { loadParser } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import DataLoader from 'dataloader'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const IDS = 'select id from expenses order by id'
const NO_CALL = { code: 'execution.no-call' }
const OWN = { 'user:alice': ['INV-1', 'INV-2', 'INV-3'], 'user:carol': ['INV-4'] } as const
type Who = keyof typeof OWN
const WHO = ['user:alice', 'user:carol'] as const

let postgres: TestPostgres
let world: ClientWorld
const pools: pg.Pool[] = []

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(EXPENSE_DATA)
  world = createClientWorld()
}, 240_000)
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await postgres?.stop()
})

function clientOf(max: number): GuardedClient {
  const pool = new pg.Pool({ connectionString: postgres.connectionString, max })
  pool.on('error', () => undefined)
  pools.push(pool)
  return guardPool(world.lockstep, pool, world.options)
}

const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => id)

/** Ways of reading the ids; each answers with those of whoever asked. */
const WAYS: Record<string, (client: GuardedClient) => Promise<unknown[]>> = {
  query: async (client) => ids((await client.query(IDS)).rows),
  transaction: (client) => client.transaction(async (tx) => ids((await tx.query(IDS)).rows)),
  'transaction after a pause': (client) =>
    client.transaction(async (tx) => {
      await sleep(1)
      return ids((await tx.query(IDS)).rows)
    }),
  'a failed statement first': (client) =>
    client.query('select 1 / (amount - amount) as n from expenses').then(
      () => [],
      async () => ids((await client.query(IDS)).rows),
    ),
  stream: async (client) => {
    const seen: unknown[] = []
    for await (const { id } of client.stream(IDS, [], { batchSize: 1 })) seen.push(id)
    return seen
  },
  'stream, left': async (client) => {
    for await (const { id } of client.stream(IDS, [], { batchSize: 1 })) if (id) break
    return ids((await client.query(IDS)).rows)
  },
  'a callback of a timer': (client) =>
    new Promise((resolve, reject) => {
      setTimeout(() => client.query(IDS).then(({ rows }) => resolve(ids(rows)), reject), 1)
    }),
}

describe.each([1, 2])('a contended pool of %i', (max) => {
  test(proves('execution:client:captured', `any mix of calls over ${max}`), async () => {
    const client = clientOf(max)
    const asked = fc.record({
      who: fc.constantFrom(...WHO),
      way: fc.constantFrom(...Object.keys(WAYS)),
      pause: fc.nat(2),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 4, maxLength: 14 }), async (all) => {
        await Promise.all(
          all.map(async ({ who, way, pause }) => {
            const call = world.call(who)
            await sleep(pause)
            const seen = await world.as(call, () => WAYS[way]?.(client))
            expect(seen, `${way} of ${who}`).toEqual(OWN[who])
            world.end(call)
          }),
        )
      }),
      { numRuns: 12 },
    )
  }, 240_000)

  test(proves('execution:client:no-call', `work that calls leave behind, over ${max}`), async () => {
    const client = clientOf(max)
    const emitter = new EventEmitter().setMaxListeners(20)
    const late: Promise<unknown>[] = []
    const leave = (work: () => Promise<unknown>) =>
      void late.push(
        work().then(
          () => 'answered',
          (error) => error,
        ),
      )
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const calls = Array.from({ length: 12 }, (_, n) => world.call(WHO[n % 2] ?? 'user:alice'))
    await Promise.all(
      calls.map((call) =>
        world.as(call, async () => {
          const tx = await client.begin()
          const stream = client.stream(IDS)
          // un-awaited, in a timer, and in a listener that somebody else fires
          leave(() => ended.then(() => client.query(IDS)))
          leave(() => ended.then(() => sleep(1)).then(() => tx.query(IDS)))
          leave(() => ended.then(() => sleep(1)).then(() => stream.batches().next()))
          emitter.once('later', () => leave(() => client.query(IDS)))
          await tx.rollback()
          world.end(call)
        }),
      ),
    )
    end()
    expect(late).toHaveLength(36)
    const outcomes = await Promise.all(late)
    expect(outcomes).toEqual(Array(36).fill(expect.objectContaining(NO_CALL)))
    late.length = 0
    world.outside(() => emitter.emit('later'))
    expect(await Promise.all(late)).toEqual(Array(12).fill(expect.objectContaining(NO_CALL)))
  })

  test(proves('execution:client:captured', `a listener that another call fires, over ${max}`), async () => {
    const client = clientOf(max)
    const emitter = new EventEmitter()
    const heard: Promise<unknown[]>[] = []
    const listen = () => emitter.once('now', () => void heard.push(client.query(IDS).then(({ rows }) => ids(rows))))
    world.as(world.call('user:alice'), listen)
    // a listener runs in the course of whoever fires it, and sees what that one may see: never more
    world.as(world.call('user:carol'), () => emitter.emit('now'))
    expect(await heard[0]).toEqual(OWN['user:carol'])
  })
})

describe('batches of a DataLoader', () => {
  const loaderOf = (client: GuardedClient, batches: unknown[]) =>
    new DataLoader<string, { readonly id: string } | undefined>(async (keys) => {
      batches.push(keys.length)
      const { rows } = await client.query<{ id: string }>('select id from expenses where id = any($1::text[])', [keys])
      return keys.map((key) => rows.find(({ id }) => id === key))
    })
  const everything = ['INV-1', 'INV-2', 'INV-3', 'INV-4', 'INV-5']
  const load = async (call: AuthorizedCall, loader: ReturnType<typeof loaderOf>) =>
    world.as(call, async () =>
      (await Promise.all(everything.map((id) => loader.load(id)))).filter((row) => row !== undefined),
    )

  test(proves('execution:client:captured', 'a loader for each call'), async () => {
    const client = clientOf(1)
    const batches: unknown[] = []
    const asked = Array.from({ length: 10 }, (_, n): Who => WHO[n % 2] ?? 'user:alice')
    const answers = await Promise.all(asked.map((who) => load(world.call(who), loaderOf(client, batches))))
    expect(answers.map(ids)).toEqual(asked.map((who) => OWN[who]))
    expect(batches).toEqual(Array(10).fill(5))
  })

  test(proves('execution:egress:sql', 'a loader that calls share makes no row final for both'), async () => {
    const batches: unknown[] = []
    const loader = loaderOf(clientOf(1), batches)
    const [alice, carol] = [world.call('user:alice'), world.call('user:carol')]
    await Promise.all([load(alice, loader), load(carol, loader)])
    // it is one statement, of the call whose key came first
    expect(batches).toEqual([5])
    for (const id of everything) {
      expect(world.finalRows.has(alice, { id })).toBe(OWN['user:alice'].some((own) => own === id))
      expect(world.finalRows.has(carol, { id })).toBe(false)
    }
  })
})
