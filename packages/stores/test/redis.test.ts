import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, SingleUse } from '@lockstep/core'
import type { State } from '@lockstep/stores'
import { postgresState } from '@lockstep/stores/postgres'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { startRedis, type TestRedis } from '../../../test/fixtures/start-redis.ts'
import { lacks } from '../../../test/programs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { singleUseContract } from './single-use.contract.ts'

const START = 1_800_000_000_000
const unavailable = { code: 'state.unavailable' }

describe.skipIf(lacks('redis-server'))('proofs in Redis', () => {
  let database: TestPostgres
  let server: TestRedis
  let folder = ''
  let opened = 0
  let now = START
  const clients: Redis[] = []
  const states: State[] = []
  beforeAll(async () => {
    database = await startPostgres()
    server = await startRedis()
    folder = await mkdtemp(join(tmpdir(), 'lockstep-redis-state-'))
  }, 240_000)
  afterAll(async () => {
    for (const state of states) await state.close()
    for (const client of clients) client.disconnect()
    await server.stop()
    await database.stop()
    await rm(folder, { recursive: true, force: true })
  })
  afterEach(() => {
    now = START
  })

  function client(port = server.port): Redis {
    const made = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: 2 })
    made.on('error', () => undefined)
    clients.push(made)
    return made
  }
  async function open(schema: string, redis = client(), clock: Clock = () => now): Promise<State> {
    opened += 1
    const options = { pool: database.pool(), schema, redis, auditFolder: `instance-${opened}` }
    const state = await postgresState(options).open({ clock, base: folder })
    states.push(state)
    return state
  }
  const use = (id: string, change: Partial<SingleUse> = {}): SingleUse => ({
    space: 'dpop',
    id,
    issuedAt: now,
    expiresAt: now + 61_000,
    standing: [],
    ...change,
  })

  singleUseContract('redis', async (clock) => {
    const state = await open(`contract_${opened}`, client(), clock)
    return { store: state.singleUse, revocations: state.revocations, close: () => state.close() }
  })

  test(proves('state:redis:lost', 'a crash without a copy'), async () => {
    const [here, there] = [await open('lost'), await open('lost')]
    const ahead = use('dated ahead', { issuedAt: START + 60_000, expiresAt: START + 121_000 })
    for (const one of [use('past'), ahead]) expect(await here.singleUse.consume(one)).toBe('consumed')
    expect(await there.singleUse.consume(ahead)).toBe('used')
    await server.crash()
    await expect(here.singleUse.consume(use('down')), proves('state:redis:down')).rejects.toMatchObject(unavailable)
    await server.start()
    for (const state of [here, there, here]) {
      await expect(state.singleUse.consume(ahead)).rejects.toMatchObject(unavailable)
      await expect(state.singleUse.consume(use('fresh'))).rejects.toMatchObject(unavailable)
    }
    now = START + 65_000
    for (const state of [here, there, await open('lost')]) {
      expect(await state.singleUse.consume(ahead), 'it was issued before the birth').toBe('used')
    }
    expect(await there.singleUse.consume(use('fresh'))).toBe('consumed')
    expect(await here.singleUse.consume(use('fresh'))).toBe('used')
  }, 240_000)

  test(proves('state:redis:lost', 'a crash, and a copy from before'), async () => {
    const admin = client()
    const state = await open('copied')
    expect(await state.singleUse.consume(use('in the copy'))).toBe('consumed')
    await admin.save()
    expect(await state.singleUse.consume(use('after the copy'))).toBe('consumed')
    await server.crash()
    await server.start()
    expect(await admin.dbsize(), 'the copy is back, and what says when it was born').toBeGreaterThan(1)
    await expect(state.singleUse.consume(use('after the copy'))).rejects.toMatchObject(unavailable)
    now = START + 6_000
    const replayed = use('after the copy', { issuedAt: START, expiresAt: START + 61_000 })
    expect(await state.singleUse.consume(replayed)).toBe('used')
    expect(await state.singleUse.consume(use('fresh'))).toBe('consumed')
  }, 240_000)

  test(proves('state:redis:lost', 'a clock that is set back for longer than it remembers'), async () => {
    const admin = client()
    now = START - 2_000_000
    const state = await open('set_back')
    now = START + 1_000_000
    expect(await state.singleUse.consume(use('before'))).toBe('consumed')
    now = START + 1_000_000 - 600_000
    expect(await state.singleUse.consume(use('before', { issuedAt: START + 1_000_000 })), 'ten minutes').toBe('used')
    now = START - 1_000_000
    const later = await open('set_back')
    expect(await later.singleUse.consume(use('behind')), 'an instance looks every ten seconds').toBe('consumed')
    now += 10_000
    await expect(later.singleUse.consume(use('noticed'))).rejects.toMatchObject(unavailable)
    // What Redis itself forgets meanwhile.
    for (const key of await admin.keys('*')) if (!key.endsWith(':born')) await admin.del(key)
    now = START + 1_000_000 - 30_000
    await expect(state.singleUse.consume(use('soon'))).rejects.toMatchObject(unavailable)
    now = START + 1_005_000
    expect(await state.singleUse.consume(use('again'))).toBe('consumed')
    expect(await state.singleUse.consume(use('before', { issuedAt: START + 1_000_000 }))).toBe('used')
  }, 240_000)

  test(proves('state:redis:eviction'), async () => {
    const admin = client()
    const state = await open('evicting')
    expect(await state.singleUse.consume(use('kept'))).toBe('consumed')
    for (const policy of ['allkeys-lru', 'volatile-ttl']) {
      await admin.config('SET', 'maxmemory-policy', policy)
      const refused = { code: 'state.unsuitable', message: expect.stringContaining(`got ${policy}`) }
      await expect(open('evicting')).rejects.toMatchObject(refused)
      now += 10_000
      await expect(state.singleUse.consume(use('noticed')), 'also while it runs').rejects.toMatchObject(refused)
    }
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    await admin.config('SET', 'maxmemory', '1')
    await expect(state.singleUse.consume(use('full'))).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('OOM'),
    })
    await admin.config('SET', 'maxmemory', '0')
    expect(await state.singleUse.consume(use('full')), 'the refusal used nothing up').toBe('consumed')
    expect(await state.singleUse.consume(use('kept', { issuedAt: START, expiresAt: START + 61_000 }))).toBe('used')
  }, 240_000)
})
