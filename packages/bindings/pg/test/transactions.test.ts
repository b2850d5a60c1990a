import { loadParser } from '@lockstep/execution'
import type { GuardedClient } from '@lockstep/pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES, type ClientDatabase } from './client-databases.ts'

const MINE = ['INV-1', 'INV-2', 'INV-3']
const IDS = 'select id from expenses order by id'
const NO_CALL = { code: 'execution.no-call' }
const FAILED = { code: 'execution.database-failed' }
const UNSUPPORTED = { code: 'execution.statement-unsupported' }
const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => id)

describe.each(Object.entries(CLIENT_DATABASES))('a transaction on %s', (_name, start) => {
  let database: ClientDatabase
  let world: ClientWorld
  let client: GuardedClient

  beforeAll(async () => {
    await loadParser()
    database = await start()
    await database.raw('create table trace (n int)', [])
    world = createClientWorld()
    client = database.client(world)
  }, 240_000)
  afterAll(() => database?.stop())

  /** The only connection is free, and is nobody's. */
  async function expectFree(): Promise<void> {
    const carol = world.call('user:carol')
    expect(ids((await world.as(carol, () => client.query(IDS))).rows)).toEqual(['INV-4'])
  }
  const alice = () => world.call('user:alice')
  const traced = async () => (await database.raw('select n from trace order by n', [])).map(({ n }) => n)

  test(proves('execution:transaction:scoped', 'each statement'), async () => {
    const call = alice()
    const seen = await world.as(call, () =>
      client.transaction(async (tx) => {
        const first = await tx.query(IDS)
        const second = await tx.query({
          text: 'select id as a, id as a from expenses where id = $1',
          values: ['INV-1'],
          rowMode: 'array',
        })
        return [ids(first.rows), second.rows, first.command, first.rowCount]
      }),
    )
    expect(seen).toEqual([MINE, [['INV-1', 'INV-1']], 'SELECT', 3])
    expect(world.finalRows.has(call, { id: 'INV-2' })).toBe(true)
    expect(world.finalRows.has(call, ['INV-1', 'INV-1'])).toBe(true)
    await expectFree()
  })

  test(proves('execution:transaction:scoped', 'one state of the data'), async () => {
    const options = { isolation: 'repeatable read', access: 'read only' } as const
    const count = 'select count(*)::int as n from expenses'
    const seen = await world.as(alice(), () =>
      client.transaction(async (tx) => [(await tx.query(count)).rows, (await tx.query(count)).rows], options),
    )
    expect(seen).toEqual([[{ n: 3 }], [{ n: 3 }]])
  })

  test(proves('execution:transaction:control'), async () => {
    const texts = [
      'begin',
      'commit',
      ' /* x /* y */ */ ROLLBACK',
      'savepoint a',
      'set role postgres',
      'start transaction',
      ';end',
      "prepare transaction 'x'",
    ]
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        for (const text of texts) {
          await expect(tx.query(text)).rejects.toMatchObject({ code: expect.stringMatching(/^execution\.statement-/) })
        }
        expect(ids((await tx.query(IDS)).rows)).toEqual(MINE)
      }),
    )
    await world.asSystem('nightly', async () => {
      for (const text of texts.filter((one) => !one.startsWith('set'))) {
        await expect(client.query(text)).rejects.toMatchObject(UNSUPPORTED)
      }
    })
    world.knobs.mode = 'observe'
    await expect(world.as(alice(), () => client.query('-- x\nbegin'))).rejects.toMatchObject(UNSUPPORTED)
    world.knobs.mode = 'enforce'
    await expectFree()
  })

  test(proves('execution:transaction:owner', 'under another call'), async () => {
    const call = alice()
    const tx = await world.as(call, () => client.begin())
    await expect(world.as(world.call('user:carol'), () => tx.query(IDS))).rejects.toMatchObject(NO_CALL)
    await expect(world.as(call, () => tx.query(IDS))).rejects.toMatchObject(NO_CALL)
    expect(tx.isOver).toBe(true)
    await expectFree()
  })

  test(proves('execution:transaction:owner', 'under another call of the same subject'), async () => {
    const tx = await world.as(alice(), () => client.begin())
    await expect(world.as(alice(), () => tx.commit())).rejects.toMatchObject(NO_CALL)
    await expectFree()
  })

  test(proves('execution:transaction:owner', 'by system work in the course of another call'), async () => {
    const tx = await world.as(alice(), () => client.begin())
    const answer = world.as(world.call('user:carol'), () => world.asSystem('joins', () => tx.query('select 1')))
    await expect(answer).rejects.toMatchObject(NO_CALL)
    expect(tx.isOver).toBe(true)
    await expectFree()
  })

  test(proves('execution:transaction:owner', 'outside any call'), async () => {
    const tx = await world.as(alice(), () => client.begin())
    await expect(world.outside(() => tx.query(IDS))).rejects.toMatchObject(NO_CALL)
    await expectFree()
  })

  test(proves('execution:transaction:ends', 'left open by its call'), async () => {
    const call = alice()
    const tx = await world.as(call, async () => {
      const opened = await client.begin()
      await world.asSystem('keeps a trace', () => opened.query('insert into trace values (1)'))
      return opened
    })
    world.end(call)
    await expectFree()
    expect(tx.isOver).toBe(true)
    expect(await traced()).toEqual([])
  })

  test(proves('execution:transaction:ends', 'before it is committed'), async () => {
    const call = alice()
    const answer = world.as(call, () =>
      client.transaction(async (tx) => {
        await world.asSystem('keeps a trace', () => tx.query('insert into trace values (2)'))
        world.end(call)
      }),
    )
    await expect(answer).rejects.toMatchObject(NO_CALL)
    await expectFree()
    expect(await traced()).toEqual([])
  })

  test(proves('execution:transaction:ends', 'while its commit waits for its turn'), async () => {
    const call = alice()
    const tx = await world.as(call, () => client.begin())
    await world.as(call, () => world.asSystem('keeps a trace', () => tx.query('insert into trace values (5)')))
    const answer = world.as(call, () => tx.commit())
    world.end(call)
    await expect(answer).rejects.toMatchObject(NO_CALL)
    await expectFree()
    expect(await traced()).toEqual([])
  })

  test(proves('execution:transaction:ends', 'work that is left behind'), async () => {
    let late: Promise<unknown> | undefined
    let wake: () => void = () => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        late = woken.then(() => tx.query(IDS)).catch((error: unknown) => error)
        await tx.query(IDS)
      }),
    )
    wake()
    expect(await late).toMatchObject(NO_CALL)
    await expectFree()
  })

  test(proves('execution:transaction:rollback', 'what the function rejects with'), async () => {
    const reason = new Error('no')
    const answer = world.as(alice(), () =>
      client.transaction(async (tx) => {
        await world.asSystem('keeps a trace', () => tx.query('insert into trace values (3)'))
        throw reason
      }),
    )
    await expect(answer).rejects.toBe(reason)
    expect(await traced()).toEqual([])
  })

  test(proves('execution:transaction:failed'), async () => {
    const answer = world.as(alice(), () =>
      client.transaction(async (tx) => {
        await world.asSystem('keeps a trace', () => tx.query('insert into trace values (4)'))
        const error = await tx.query('select vendor::int from expenses').catch((caught: unknown) => caught)
        expect(String(error)).toContain('SQLSTATE class 22')
        expect(`${error} ${JSON.stringify(error)}`).not.toContain('Acme')
        await expect(tx.query(IDS)).rejects.toMatchObject({ message: expect.stringContaining('SQLSTATE class 25') })
      }),
    )
    await expect(answer).rejects.toMatchObject(FAILED)
    expect(await traced()).toEqual([])
    await expectFree()
  })

  test(proves('execution:transaction:failed', 'a refusal is no failure'), async () => {
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        await expect(tx.query('select investigation_note from expenses')).rejects.toMatchObject({
          code: 'execution.column-unknown',
        })
        expect(ids((await tx.query(IDS)).rows)).toEqual(MINE)
      }),
    )
  })

  test(proves('execution:transaction:failed', 'a commit'), async () => {
    await database.raw('create table parents (id int primary key)', [])
    await database.raw('create table children (id int references parents deferrable initially deferred)', [])
    const answer = world.asSystem('adds an orphan', () =>
      client.transaction(async (tx) => void (await tx.query('insert into children values (1)'))),
    )
    await expect(answer).rejects.toMatchObject({ ...FAILED, message: expect.stringContaining('SQLSTATE class 23') })
    expect(await database.raw('select * from children', [])).toEqual([])
    await expectFree()
  })

  test(proves('execution:transaction:savepoints'), async () => {
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        const insert = (n: number) => world.asSystem('keeps a trace', () => tx.query(`insert into trace values (${n})`))
        await insert(10)
        await tx.savepoint('a')
        await insert(11)
        await tx.savepoint('b"; commit; --')
        await expect(tx.query('select 1 / (amount - amount) as n from expenses')).rejects.toMatchObject(FAILED)
        await expect(tx.releaseSavepoint('a')).rejects.toMatchObject(FAILED)
        await tx.rollbackTo('b"; commit; --')
        expect(ids((await tx.query(IDS)).rows)).toEqual(MINE)
        await tx.rollbackTo('a')
        await expect(tx.rollbackTo('b"; commit; --')).rejects.toMatchObject(UNSUPPORTED)
        await insert(12)
        await tx.releaseSavepoint('a')
        await expect(tx.rollbackTo('a')).rejects.toMatchObject(UNSUPPORTED)
      }),
    )
    expect(await traced()).toEqual([10, 12])
    await database.raw('delete from trace', [])
  })

  test(proves('execution:transaction:savepoints', 'a transaction inside'), async () => {
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        const insert = (over: typeof tx, n: number) =>
          world.asSystem('keeps a trace', () => over.query(`insert into trace values (${n})`))
        await insert(tx, 20)
        const failing = tx.transaction(async (inner) => {
          await insert(inner, 21)
          await expect(tx.query(IDS)).rejects.toMatchObject(UNSUPPORTED)
          await inner.query('select 1 / (amount - amount) as n from expenses')
        })
        await expect(failing).rejects.toMatchObject(FAILED)
        await tx.transaction((inner) => insert(inner, 22))
        expect(ids((await tx.query(IDS)).rows)).toEqual(MINE)
      }),
    )
    expect(await traced()).toEqual([20, 22])
    await database.raw('delete from trace', [])
  })

  test(proves('execution:labels:probe', 'in a transaction of the only connection'), async () => {
    world.raised.length = 0
    await world.as(alice(), () => client.transaction((tx) => tx.query('select count(*) as n from expenses')))
    expect(world.raised).toEqual(['user:alice confidential'])
    const failing = world.as(alice(), () =>
      client.transaction((tx) => tx.query('select 1 / (amount - amount) as n from expenses')),
    )
    await expect(failing).rejects.toMatchObject(FAILED)
    expect(world.raised).toEqual(Array(2).fill('user:alice confidential'))
  })

  test(proves('execution:labels:first', 'in a transaction'), async () => {
    world.knobs.raise = () => Promise.reject(new Error('down'))
    const answer = world.as(alice(), () => client.transaction((tx) => tx.query('select count(*) as n from expenses')))
    await expect(answer).rejects.toMatchObject({ code: 'state.unavailable' })
    world.knobs.raise = undefined
    await expectFree()
  })

  test(proves('execution:client:session', 'after trusted work in a transaction'), async () => {
    await world.as(alice(), () =>
      client.transaction(async (tx) => {
        await world.asSystem('sets a path', () => tx.query("set search_path = 'nowhere', 'pg_catalog'"))
        expect(ids((await tx.query('select id from public.expenses order by id')).rows)).toEqual(MINE)
        await world.asSystem('leaves things', async () => {
          await tx.query('create temp table expenses_copy as select 1 as n')
          await tx.query('select pg_advisory_lock(7)')
        })
      }),
    )
    const left = await world.asSystem('looks', async () => [
      (await client.query("select count(*)::int as n from pg_locks where locktype = 'advisory'")).rows,
      (await client.query("select current_setting('search_path') like '%nowhere%' as n")).rows,
      (await client.query("select count(*)::int as n from pg_class where relname = 'expenses_copy'")).rows,
    ])
    expect(left).toEqual([[{ n: 0 }], [{ n: false }], [{ n: 0 }]])
  })

  test('misuse is a TypeError', async () => {
    const open = (options: object) => world.as(alice(), () => client.transaction(async () => 1, options))
    for (const options of [
      { isolation: 'x; drop table expenses' },
      { access: 'write' },
      { retry: -1 },
      { retry: 1.5 },
      { level: 1 },
    ]) {
      await expect(open(options)).rejects.toThrow(TypeError)
    }
    await expectFree()
  })
})
