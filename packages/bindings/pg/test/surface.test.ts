import { loadParser } from '@lockstep/execution'
import { GuardedClient as Guarded, type GuardedClient, guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const IDS = 'select id from expenses order by id'
const MINE = ['INV-1', 'INV-2', 'INV-3']
const UNSUPPORTED = { name: 'LockstepError', code: 'execution.statement-unsupported' }

let postgres: TestPostgres
let world: ClientWorld
let raw: pg.Pool
let client: GuardedClient
const lent = new Set<object>()

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(EXPENSE_DATA)
  world = createClientWorld()
  raw = new pg.Pool({ connectionString: postgres.connectionString, max: 2 })
  raw.on('error', () => undefined)
  raw.on('acquire', (one) => void lent.add(one))
  client = guardPool(world.lockstep, raw, world.options)
}, 240_000)
afterAll(async () => {
  await raw?.end()
  await postgres?.stop()
})

const alice = <T>(work: () => T): T => world.as(world.call('user:alice'), work)
/** Calls a member as somebody would who knows the type of `pg` and not ours. */
const use = (target: object, member: string, ...given: unknown[]): Promise<unknown> =>
  alice(() => Reflect.get(target, member).apply(target, given))

describe('what `pg` offers, and what comes of it here', () => {
  const answered: Record<string, unknown[]> = {
    'a text': [IDS],
    'a text and values': ['select id from expenses where amount > $1 order by id', [0]],
    'a text and null': [IDS, null],
    'an object': [{ text: IDS }],
    'an object with values': [{ text: 'select id from expenses where amount > $1 order by id', values: [0] }],
    'an object, and values beside it': [{ text: 'select id from expenses where amount > $1 order by id' }, [0]],
    'an object with a name': [{ name: 'ids', text: IDS, rowMode: 'object' }],
  }
  test.each(Object.entries(answered))(proves('execution:client:surface', 'pg: query, %s'), async (_way, given) => {
    const result = await use(client, 'query', ...given)
    expect(result).toEqual({
      rows: MINE.map((id) => ({ id })),
      rowCount: 3,
      command: 'SELECT',
      fields: [{ name: 'id', dataTypeID: 25 }],
    })
  })

  test(proves('execution:client:surface', 'pg: one name for two statements'), async () => {
    for (const [text, count] of [
      [IDS, 3],
      ["select id from expenses where id = 'INV-1'", 1],
    ] as const) {
      expect(await use(client, 'query', { name: 'same', text })).toMatchObject({ rowCount: count })
    }
  })

  const submittable = { submit: () => undefined, text: IDS, callback: () => undefined }
  const refused: Record<string, unknown[]> = {
    'a callback': [IDS, () => undefined],
    'values and a callback': [IDS, [], () => undefined],
    'a function': [() => undefined],
    nothing: [],
    null: [null],
    'a Query': [new pg.Query(IDS)],
    'a submittable (cursor, query stream, COPY)': [submittable],
    'type parsers': [{ text: IDS, types: { getTypeParser: () => () => false } }],
    'the simple protocol': [{ text: IDS, queryMode: 'simple' }],
    'a portal and its rows': [{ text: IDS, rows: 1, portal: 'x' }],
    'binary results': [{ text: IDS, binary: true }],
    'an unknown row mode': [{ text: IDS, rowMode: 'map' }],
    'a text that is none': [{ text: { toString: () => IDS } }],
    'values that are none': [IDS, 'x'],
    'an iterable of values': [IDS, new Set([1])],
    'stacked statements': [`${IDS}; delete from expenses`],
    COPY: ['copy expenses to stdout'],
    LISTEN: ['listen x'],
    'a cursor of one’s own': ['declare c cursor for select 1'],
    'a prepared statement': ['prepare p as select 1'],
  }
  test.each(Object.entries(refused))(proves('execution:client:surface', 'pg: query, %s'), async (_way, given) => {
    const answer = use(client, 'query', ...given)
    await expect(answer).rejects.toMatchObject({
      name: 'LockstepError',
      code: expect.stringMatching(/^execution\.statement-/),
    })
  })

  test(proves('execution:client:surface', 'pg: an object that answers differently each time'), async () => {
    let asked = 0
    const given = {
      get text() {
        asked += 1
        return asked === 1 ? IDS : 'delete from expenses'
      },
    }
    expect(await use(client, 'query', given)).toMatchObject({ rowCount: 3 })
    const values = ['INV-1']
    const answer = use(client, 'query', 'select id from expenses where id = $1', values)
    values[0] = 'INV-2'
    expect(await answer).toMatchObject({ rows: [{ id: 'INV-1' }] })
  })

  test(proves('execution:client:surface', 'pg: connect'), async () => {
    await expect(use(client, 'connect')).rejects.toMatchObject(UNSUPPORTED)
  })

  test(proves('execution:client:surface', 'pg: no other member of a pool or a client'), () => {
    const members = (of: object): string[] => {
      const found: string[] = []
      for (let at: object | null = of; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        found.push(...Reflect.ownKeys(at).map(String))
      }
      return [...new Set(found)].filter((name) => name !== 'constructor')
    }
    const offered = new Set([...members(raw), ...members(new pg.Client()), ...members(pg.Pool), ...members(pg.Client)])
    const kept = members(client).filter((member) => offered.has(member))
    expect(kept.sort()).toEqual(['connect', 'end', 'query'])
    expect(members(client).sort()).toEqual(['begin', 'connect', 'end', 'query', 'stream', 'transaction'])
  })
})

describe('the raw connection', () => {
  /** Everything that can be reached from a value: members, prototypes, accessors, maps and errors. */
  function reachable(from: unknown, seen = new Set<unknown>()): Set<unknown> {
    const waiting = [from]
    while (waiting.length > 0) {
      const value = waiting.pop()
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue
      seen.add(value)
      waiting.push(Object.getPrototypeOf(value))
      for (const key of Reflect.ownKeys(value)) {
        const { value: member, get, set } = Object.getOwnPropertyDescriptor(value, key) ?? {}
        waiting.push(member, get, set)
      }
      if (value instanceof Map || value instanceof Set) waiting.push(...value)
    }
    return seen
  }

  function expectNothingRaw(from: unknown): void {
    const seen = reachable(from)
    const isRaw = (one: unknown) =>
      one === raw ||
      lent.has(one as object) ||
      one instanceof pg.Pool ||
      one instanceof pg.Client ||
      one === pg.Client.prototype
    expect([...seen].filter(isRaw)).toEqual([])
  }

  test(proves('execution:client:surface', 'pg: is out of reach of what is handed out'), async () => {
    await alice(async () => {
      const result = await client.query(IDS)
      const error = await client.query('select vendor::int from expenses').catch((caught: unknown) => caught)
      const denial = await client.query('select 1; select 2').catch((caught: unknown) => caught)
      const stream = client.stream(IDS)
      const batches = stream.batches()
      const batch = await batches.next()
      const tx = await client.begin()
      const inside = await tx.query({ text: IDS, rowMode: 'array' })
      const failure = await tx.query('select vendor::int from expenses').catch((caught: unknown) => caught)
      for (const one of [client, result, error, denial, stream, batches, batch, tx, inside, failure])
        expectNothingRaw(one)
      expect(lent.size).toBe(2)
      await batches.return?.()
      await tx.rollback()
    })
    for (const one of [client, Guarded.prototype])
      expect(Reflect.ownKeys(one).filter((key) => typeof key === 'symbol')).toEqual([])
  })

  test(proves('execution:client:surface', 'pg: nor by methods that are called on something else'), async () => {
    const { query } = Guarded.prototype
    const stolen: unknown[] = []
    const thief = new Proxy(client, {
      get: (target, member, receiver) => {
        stolen.push(member)
        return Reflect.get(target, member, receiver)
      },
    })
    await expect(alice(() => query.call(thief, IDS))).rejects.toThrow(TypeError)
    await expect(alice(() => query.call(Object.create(client), IDS))).rejects.toThrow(TypeError)
    expect(stolen).toEqual([])
  })

  test(proves('execution:client:error', 'notices reach nobody'), async () => {
    const told: unknown[] = []
    const own = new pg.Pool({ connectionString: postgres.connectionString, max: 1 })
    const guarded = guardPool(world.lockstep, own, { onDatabaseError: (error) => told.push(error) })
    const result = await world.asSystem('warns', () => guarded.query("do $$ begin raise notice 'CANARY'; end $$"))
    expect(JSON.stringify(result)).not.toContain('CANARY')
    expect(told).toEqual([])
    await own.end()
  })
})

describe('parameters', () => {
  test.each([
    ['too few', 'select id from expenses where id = $1 and amount > $2', ['INV-1']],
    ['too many', 'select id from expenses where id = $1', ['INV-1', 2]],
    ['of another type', 'select id from expenses where amount > $1', ['CANARY']],
    ['a NUL', 'select id from expenses where id = $1', ['CANARY\u0000']],
    ['a function', 'select id from expenses where id = $1', [() => 'CANARY']],
    [
      'a cycle',
      'select id from expenses where id = $1',
      [
        (() => {
          const o: { o?: unknown } = {}
          o.o = o
          return o
        })(),
      ],
    ],
  ] as const)(proves('execution:client:error', 'parameters: %s'), async (_name, text, values) => {
    const error = await alice(() => client.query(text, values)).then(
      ({ rows }) => rows,
      (caught: unknown) => caught,
    )
    if (Array.isArray(error)) expect(error).toEqual([])
    else expect(error).toMatchObject({ name: 'LockstepError', code: expect.stringMatching(/^execution\./) })
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('CANARY')
    expect(await alice(() => client.query(IDS))).toMatchObject({ rowCount: 3 })
  })
})
