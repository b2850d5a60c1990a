import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RevocationNotice, revocableName, UNTIL_RESTORED } from '@lockstep/core'
import type { State } from '@lockstep/stores'
import { createMemoryState } from '@lockstep/stores/memory'
import { openStateFolder } from '@lockstep/stores/pglite'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { startRedis, type TestRedis } from '../../../test/fixtures/start-redis.ts'
import { PATIENT } from '../../../test/patient.ts'
import { lacks } from '../../../test/programs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { startHalfOpenProxy } from './half-open-proxy.ts'

const NOW = 1_800_000_000_000
const clock = () => NOW
const BOUND = 1_500
const alice = revocableName({ subject: { issuer: 'https://login.example.com', id: 'alice' } })
const permission = revocableName({ permission: 'manager-approves' })
const epoch = revocableName('decisions')

let server: TestPostgres
let folder = ''
let made = 0
const open: State[] = []
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-feed-'))
}, 240_000)
afterEach(async () => {
  for (const state of open.splice(0)) await state.close()
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

async function instance(schema: string, options: Partial<PostgresStateOptions> = {}): Promise<State> {
  made += 1
  const source = postgresState({ pool: server.pool(), schema, auditFolder: String(made), ...options })
  const state = await source.open({ clock, base: folder, bound: BOUND })
  open.push(state)
  return state
}

/** Everything that a state tells, in order. */
function listen(state: State) {
  const heard: RevocationNotice[] = []
  let missed = 0
  state.feed.subscribe({
    heard: (notice) => void heard.push(notice),
    missed() {
      missed += 1
    },
  })
  return { heard, missed: () => missed, names: () => heard.map(({ name }) => name) }
}

const inHere: readonly (readonly [string, () => Promise<State>])[] = [
  ['memory', async () => createMemoryState({ clock })],
  ['a folder', async () => openStateFolder({ folder: join(folder, `own-${++made}`), clock })],
]

test.each(inHere)(
  proves('state:feed:here', '%s'),
  async (_, make) => {
    const state = await make()
    const { heard } = listen(state)
    await state.revocations.revoke(alice, NOW)
    expect(heard).toEqual([{ name: alice, until: NOW, revision: 1 }])
    await state.revocations.revoke(permission, UNTIL_RESTORED)
    await state.revocations.revoke(epoch, NOW)
    await state.revocations.revoke(epoch, NOW)
    expect(heard.slice(1).map(({ revision }) => revision)).toEqual([1, 1, 2])
    const late = listen(state)
    expect(new Set(late.names()), 'who comes later is told what lasts').toEqual(new Set([permission, epoch]))
    expect(await state.revocations.restore(permission)).toBe(true)
    expect(await state.revocations.restore(permission), 'it is restored').toBe(false)
    expect(await state.revocations.restore(alice), 'a caller signs in again instead').toBe(false)
    expect(late.heard.at(-1)).toEqual({ name: permission, until: 0, revision: 2 })
    expect(state.feed.silence()).toBe(0)
    await state.close()
  },
  60_000,
)

test(proves('state:feed:lasting'), async () => {
  const options = { folder: join(folder, 'kept'), clock }
  const before = await openStateFolder(options)
  await before.revocations.revoke(alice, NOW)
  await before.revocations.revoke(permission, UNTIL_RESTORED)
  await before.close()
  const after = await openStateFolder(options)
  open.push(after)
  expect(listen(after).heard).toEqual([{ name: permission, until: UNTIL_RESTORED, revision: 1 }])
  const [one, two] = [await instance('lasting'), await instance('lasting')]
  await one.revocations.revoke(epoch, NOW)
  await one.revocations.revoke(permission, UNTIL_RESTORED)
  await two.revocations.restore(permission)
  const third = listen(await instance('lasting'))
  expect(third.heard.find(({ name }) => name === permission)).toEqual({ name: permission, until: 0, revision: 2 })
  expect(third.names()).toContain(epoch)
}, 240_000)

test(proves('state:feed:told'), async () => {
  const [here, there] = [await instance('told'), await instance('told')]
  const other = listen(await instance('another'))
  const { heard } = listen(there)
  await here.revocations.revoke(alice, NOW)
  await vi.waitFor(() => expect(heard).toEqual([{ name: alice, until: NOW, revision: 1 }]), PATIENT)
  await here.revocations.revoke(permission, UNTIL_RESTORED)
  await here.revocations.restore(permission)
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ name: permission, until: 0, revision: 2 }), PATIENT)
  expect(other.heard, 'another state').toEqual([])
}, 240_000)

test(proves('state:feed:reconnects'), async () => {
  const [here, there] = [await instance('killed'), await instance('killed')]
  const before = listen(there)
  const pool = server.pool()
  const known = before.missed()
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
    and (query ilike 'listen%' or query ilike '%pg_notify($1, $2)%')`)
  await here.revocations.revoke(permission, UNTIL_RESTORED)
  await vi.waitFor(() => expect(before.names()).toContain(permission), PATIENT)
  await vi.waitFor(
    () => expect(before.missed(), 'whatever else was missed is looked up').toBeGreaterThan(known),
    PATIENT,
  )
  await vi.waitFor(() => expect(there.feed.silence()).toBeLessThan(BOUND), PATIENT)
}, 240_000)

test(proves('state:feed:forged'), async () => {
  const [here, there] = [await instance('forged'), await instance('forged')]
  const { heard } = listen(there)
  await here.revocations.revoke(permission, UNTIL_RESTORED)
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ name: permission, revision: 1 }), PATIENT)
  const pool = server.pool()
  await pool.query('drop role if exists bystander')
  await pool.query('create role bystander')
  const channel = `lockstep_${createHash('sha256').update('forged').digest('hex').slice(0, 16)}`
  const forge = async (text: string) => {
    const connection = await pool.connect()
    await connection.query('set role bystander')
    await connection.query('select pg_notify($1, $2)', [channel, text])
    await connection.query('reset role')
    connection.release()
  }
  await forge(`${permission} 0 999`)
  await forge(`${epoch} ${NOW} 999`)
  // Delivered in the order of commits: what was forged was heard by then.
  await here.revocations.revoke(alice, NOW)
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ name: alice }), PATIENT)
  await here.revocations.revoke(epoch, NOW)
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ name: epoch, until: NOW, revision: 1 }), PATIENT)
  await here.revocations.restore(permission)
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ name: permission, until: 0, revision: 2 }), PATIENT)
  expect(heard, 'and nothing else').toHaveLength(4)
  expect(there.feed.silence()).toBeLessThan(BOUND)
}, 240_000)

test(proves('state:feed:silent'), async () => {
  const target = new URL(server.connectionString)
  const proxy = await startHalfOpenProxy(Number(target.port))
  target.port = String(proxy.port)
  const through = new pg.Pool({ connectionString: target.href, connectionTimeoutMillis: 300 })
  through.on('error', () => undefined)
  const direct = server.pool()
  try {
    const pool = { query: direct.query.bind(direct), connect: () => through.connect() }
    const [here, there] = [await instance('cut'), await instance('cut', { pool })]
    const { names, heard } = listen(there)
    proxy.cut()
    await here.revocations.revoke(permission, UNTIL_RESTORED)
    await vi.waitFor(() => expect(there.feed.silence()).toBeGreaterThan(BOUND), PATIENT)
    expect(names(), 'nobody closed anything, and nothing came').not.toContain(permission)
    proxy.mend()
    await vi.waitFor(() => expect(there.feed.silence()).toBeLessThan(BOUND), PATIENT)
    expect(heard.find(({ name }) => name === permission)?.until).toBe(UNTIL_RESTORED)
    expect(here.feed.silence()).toBeLessThan(BOUND)
  } finally {
    await proxy.close()
    for (const state of open.splice(0)) await state.close()
    await through.end()
  }
}, 240_000)

test(proves('state:feed:closed'), async () => {
  const state = await instance('closed')
  await state.close()
  open.length = 0
  expect(state.feed.silence()).toBe(Number.POSITIVE_INFINITY)
  const idle = await server
    .pool()
    .query(`select count(*)::int as listening from pg_stat_activity where query ilike 'listen%'`)
  expect(idle.rows).toEqual([{ listening: 0 }])
  const single = new pg.Pool({ connectionString: server.connectionString, max: 1 })
  expect(() => postgresState({ pool: single })).toThrow(/two connections/)
  await single.end()
}, 240_000)

describe.skipIf(lacks('redis-server'))('with Redis beside it', () => {
  let memory: TestRedis
  const clients: Redis[] = []
  const client = (port = memory.port) => {
    const redis = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: 1 })
    redis.on('error', () => undefined)
    clients.push(redis)
    return redis
  }
  beforeAll(async () => {
    memory = await startRedis()
  })
  afterAll(async () => {
    for (const redis of clients) redis.disconnect()
    await memory.stop()
  })

  test(proves('state:feed:broadcast'), async () => {
    const target = new URL(server.connectionString)
    const proxy = await startHalfOpenProxy(Number(target.port))
    target.port = String(proxy.port)
    const through = new pg.Pool({ connectionString: target.href, connectionTimeoutMillis: 300 })
    through.on('error', () => undefined)
    const direct = server.pool()
    const pool = { query: direct.query.bind(direct), connect: () => through.connect() }
    const here = await instance('broadcast', { redis: client() })
    const there = await instance('broadcast', { redis: client(), pool })
    const { names, heard } = listen(there)
    await vi.waitFor(async () => expect(await subscribers()).toBe(2), PATIENT)
    proxy.cut()
    await here.revocations.revoke(alice, NOW)
    await here.revocations.revoke(permission, UNTIL_RESTORED)
    await vi.waitFor(() => expect(names()).toEqual([alice, permission]), PATIENT)
    // Whoever writes to Redis restores nothing, and ends no epoch.
    const [channel] = await channels()
    await client().publish(channel ?? '', `${permission} 0 999`)
    await client().publish(channel ?? '', 'nonsense')
    await here.revocations.revoke(alice, NOW + 1)
    await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ name: alice, until: NOW + 1 }), PATIENT)
    expect(names()).toEqual([alice, permission, alice])
    await vi.waitFor(() => expect(there.feed.silence(), 'Redis alone is no feed').toBeGreaterThan(BOUND), PATIENT)
    proxy.mend()
    await memory.crash()
    await vi.waitFor(() => expect(there.feed.silence()).toBeLessThan(BOUND), PATIENT)
    await here.revocations.revoke(alice, NOW + 2)
    await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ name: alice, until: NOW + 2 }), PATIENT)
    await memory.start()
    await proxy.close()
    for (const state of open.splice(0)) await state.close()
    await through.end()
  }, 240_000)

  test(proves('state:feed:broadcast', 'closed before Redis answers'), async () => {
    const proxy = await startHalfOpenProxy(memory.port)
    const redis = client(proxy.port)
    let subscriber: Redis | undefined
    const duplicate = redis.duplicate.bind(redis)
    redis.duplicate = (options) => {
      subscriber = duplicate(options)
      return subscriber
    }
    await instance('closed_early', { redis })
    await vi.waitFor(async () => expect(await subscribers()).toBe(1), PATIENT)
    const unheard: unknown[] = []
    const listeners = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[]
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', (reason) => unheard.push(reason))
    try {
      const silenced = new Promise<void>((resolve) => subscriber?.once('ready', () => resolve(proxy.cut())))
      subscriber?.disconnect(true)
      await silenced
      for (const state of open.splice(0)) await state.close()
      await vi.waitFor(() => expect(subscriber?.status).toBe('end'), PATIENT)
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
      await proxy.close()
    }
    expect(unheard).toEqual([])
  }, 240_000)

  const channels = async () => (await client().call('PUBSUB', 'CHANNELS')) as string[]
  const subscribers = async () => {
    const [channel] = await channels()
    return channel === undefined ? 0 : Number(((await client().call('PUBSUB', 'NUMSUB', channel)) as unknown[])[1])
  }
})
