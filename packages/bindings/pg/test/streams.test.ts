import { loadParser } from '@lockstep/execution'
import type { GuardedClient } from '@lockstep/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES, type ClientDatabase } from './client-databases.ts'

const NO_CALL = { code: 'execution.no-call' }
const FAILED = { code: 'execution.database-failed' }
const UNSUPPORTED = { code: 'execution.statement-unsupported' }
const LABELED = 'user:alice confidential'
const ALL = 'select * from expenses order by id'
const IDS = 'select id from expenses order by id'
const FAILS_LATE = 'select id, 1 / (amount - 1250) as n from expenses'

describe.each(Object.entries(CLIENT_DATABASES))('a stream on %s', (_name, start) => {
  let database: ClientDatabase
  let world: ClientWorld
  let client: GuardedClient

  beforeAll(async () => {
    await loadParser()
    database = await start()
    world = createClientWorld()
    client = database.client(world)
  }, 240_000)
  afterAll(() => database?.stop())
  beforeEach(() => {
    world.raised.length = 0
    world.knobs.raise = undefined
  })

  const alice = () => world.call('user:alice')
  const read = async (rows: AsyncIterable<{ id?: unknown }>) => {
    const seen: unknown[] = []
    for await (const { id } of rows) seen.push(id)
    return seen
  }
  async function expectFree(): Promise<void> {
    const { rows } = await world.as(world.call('user:carol'), () => client.query(IDS))
    expect(rows).toEqual([{ id: 'INV-4' }])
  }

  test(proves('execution:stream:scoped'), async () => {
    const call = alice()
    for (const batchSize of [1, 2, 3, 100]) {
      expect(await world.as(call, () => read(client.stream(IDS, [], { batchSize })))).toEqual([
        'INV-1',
        'INV-2',
        'INV-3',
      ])
    }
    expect(world.finalRows.has(call, { id: 'INV-3' })).toBe(true)
    const above = 'select id from expenses where amount > $1 order by id'
    expect(await world.as(call, () => read(client.stream(above, [2000])))).toEqual(['INV-1', 'INV-3'])
    expect(await world.as(world.call('user:carol'), () => read(client.stream(IDS)))).toEqual(['INV-4'])
  })

  test(proves('execution:stream:scoped', 'by the batch, as arrays'), async () => {
    const batches: unknown[] = []
    const statement = { text: 'select id as a, id as a from expenses order by id', rowMode: 'array' } as const
    await world.as(alice(), async () => {
      for await (const batch of client.stream(statement, [], { batchSize: 2 }).batches()) batches.push(batch)
    })
    expect(batches).toEqual([
      [
        ['INV-1', 'INV-1'],
        ['INV-2', 'INV-2'],
      ],
      [['INV-3', 'INV-3']],
    ])
  })

  test(proves('execution:stream:scoped', 'what is refused'), async () => {
    for (const text of [
      'delete from expenses',
      'select 1; select 2',
      'select investigation_note from expenses',
      'fetch all from lockstep_1',
    ]) {
      const answer = world.as(alice(), () => read(client.stream(text)))
      await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/^execution\.(statement|column)-/) })
    }
    expect(() => world.outside(() => client.stream(IDS))).toThrow(expect.objectContaining(NO_CALL))
    expect(() => world.as(alice(), () => client.stream(IDS, [], { batchSize: 0 }))).toThrow(TypeError)
    await expectFree()
  })

  test(proves('execution:stream:owner'), async () => {
    const stream = world.as(alice(), () => client.stream(IDS, [], { batchSize: 1 }))
    const carol = world.call('user:carol')
    await expect(world.as(carol, () => read(stream))).rejects.toMatchObject(NO_CALL)
    const call = alice()
    const begun = world.as(call, () => client.stream(IDS, [], { batchSize: 1 }).batches())
    expect(await world.as(call, () => begun.next())).toMatchObject({ value: [{ id: 'INV-1' }] })
    await expect(world.as(carol, () => begun.next())).rejects.toMatchObject(NO_CALL)
    expect(await world.as(call, () => begun.next())).toEqual({ value: undefined, done: true })
    await expectFree()
  })

  test(proves('execution:stream:ends', 'with its call, between rows'), async () => {
    const call = alice()
    const seen: unknown[] = []
    const answer = world.as(call, async () => {
      for await (const row of client.stream(IDS)) {
        seen.push(row)
        world.end(call)
      }
    })
    await expect(answer).rejects.toMatchObject(NO_CALL)
    expect(seen).toEqual([{ id: 'INV-1' }])
    await expectFree()
  })

  test(proves('execution:stream:ends', 'when nobody reads on'), async () => {
    const call = alice()
    const begun = world.as(call, () => client.stream(IDS, [], { batchSize: 1 }).batches())
    await world.as(call, () => begun.next())
    world.end(call)
    await expectFree()
    await expect(world.as(call, () => begun.next())).rejects.toMatchObject(NO_CALL)
  })

  test(proves('execution:stream:ends', 'when the loop is left'), async () => {
    await world.as(alice(), async () => {
      for await (const row of client.stream(IDS, [], { batchSize: 1 })) {
        expect(row).toEqual({ id: 'INV-1' })
        break
      }
    })
    await expectFree()
    expect(await database.raw('select count(*)::int as n from pg_cursors where name like $1', ['lockstep%'])).toEqual([
      { n: 0 },
    ])
  })

  test(proves('execution:stream:ends', 'when a statement in it fails'), async () => {
    const seen: unknown[] = []
    const answer = world.as(alice(), async () => {
      for await (const { id } of client.stream(FAILS_LATE, [], { batchSize: 1 })) seen.push(id)
    })
    await expect(answer).rejects.toMatchObject({ ...FAILED, message: expect.not.stringContaining('zero') })
    expect(seen).toEqual(['INV-1'])
    expect(world.raised).toEqual([LABELED, LABELED])
    await expectFree()
  })

  test(proves('execution:stream:labels'), async () => {
    const told: unknown[] = []
    await world.as(alice(), async () => {
      for await (const batch of client.stream(ALL, [], { batchSize: 1 }).batches())
        told.push([batch.length, ...world.raised])
    })
    // the labeled row is the third
    expect(told).toEqual([[1], [1], [1, LABELED]])
  })

  test(proves('execution:stream:labels', 'that no row shows'), async () => {
    const told: unknown[] = []
    await world.as(alice(), async () => {
      for await (const batch of client.stream(IDS, [], { batchSize: 1 }).batches())
        told.push([batch.length, ...world.raised])
    })
    expect(told).toEqual(Array(3).fill([1, LABELED]))
    world.raised.length = 0
    await world.as(world.call('user:carol'), () => read(client.stream(IDS)))
    expect(world.raised).toEqual([])
  })

  test(proves('execution:stream:labels', 'that cannot be raised'), async () => {
    world.knobs.raise = () => Promise.reject(new Error('down'))
    const seen: unknown[] = []
    const answer = world.as(alice(), async () => {
      for await (const { id } of client.stream<{ id: string }>(ALL, [], { batchSize: 1 })) seen.push(id)
    })
    await expect(answer).rejects.toMatchObject({ code: 'state.unavailable' })
    expect(seen).toEqual(['INV-1', 'INV-2'])
    await expectFree()
  })

  test(proves('execution:stream:scoped', 'in a transaction, beside other statements'), async () => {
    const seen = await world.as(alice(), () =>
      client.transaction(async (tx) => {
        const found: unknown[] = []
        for await (const { id } of tx.stream(IDS, [], { batchSize: 1 })) {
          found.push(...(await tx.query('select id, status from expenses where id = $1', [id])).rows)
        }
        for await (const one of tx.stream(IDS, [], { batchSize: 1 })) {
          found.push(one)
          break
        }
        await expect(read(tx.stream('select investigation_note from expenses'))).rejects.toThrow()
        return found
      }),
    )
    expect(seen).toEqual([
      { id: 'INV-1', status: 'submitted' },
      { id: 'INV-2', status: 'approved' },
      { id: 'INV-3', status: 'submitted' },
      { id: 'INV-1' },
    ])
    const failing = world.as(alice(), () => client.transaction((tx) => read(tx.stream(FAILS_LATE))))
    await expect(failing).rejects.toMatchObject({ ...FAILED, message: expect.stringContaining('SQLSTATE class 22') })
    await expectFree()
  })

  test(proves('execution:client:system', 'a stream'), async () => {
    const seen = await world.asSystem('exports', () => read(client.stream(IDS, [], { batchSize: 2 })))
    expect(seen).toEqual(['INV-1', 'INV-2', 'INV-3', 'INV-4', 'INV-5'])
    const late = await world.asSystem('leaves a stream', async () => client.stream(IDS))
    await expect(world.as(alice(), () => read(late))).rejects.toMatchObject(NO_CALL)
    await expectFree()
  })

  test('a stream is read once', async () => {
    await world.as(alice(), async () => {
      const stream = client.stream(IDS)
      await read(stream)
      await expect(read(stream)).rejects.toMatchObject(UNSUPPORTED)
    })
  })
})
