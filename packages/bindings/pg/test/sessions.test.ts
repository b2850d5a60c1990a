import { loadParser } from '@lockstep/execution'
import type { GuardedClient } from '@lockstep/pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES, type ClientDatabase } from './client-databases.ts'

const IDS = 'select id from expenses order by id'
/** What a session could keep: each leaves one thing there, and tells how it would show. */
const LEFT: Record<string, [leave: string, shows: string]> = {
  'a setting': ["set statement_timeout = '7777'", "select current_setting('statement_timeout') = '7777ms' as left"],
  'a setting of one’s own': [
    "select set_config('app.user', 'root', false)",
    "select current_setting('app.user', true) = 'root' as left",
  ],
  'a role': ['set role pg_monitor', "select current_user = 'pg_monitor' as left"],
  'a path': [
    "set search_path = 'nowhere', 'pg_catalog'",
    "select current_setting('search_path') like '%nowhere%' as left",
  ],
  'how texts are read': [
    'set standard_conforming_strings = off',
    "select current_setting('standard_conforming_strings') = 'off' as left",
  ],
  'a temporary table': [
    'create temp table expenses as select 1 as id',
    "select count(*) > 0 as left from pg_class where relname = 'expenses' and relpersistence = 't'",
  ],
  'a lock': ['select pg_advisory_lock(42)', "select count(*) > 0 as left from pg_locks where locktype = 'advisory'"],
  'a channel': ['listen secrets', 'select count(*) > 0 as left from pg_listening_channels()'],
  'a prepared statement': [
    'prepare secrets as select 1',
    "select count(*) > 0 as left from pg_prepared_statements where name = 'secrets'",
  ],
  'a cursor': [
    'declare secrets cursor with hold for select 1',
    "select count(*) > 0 as left from pg_cursors where name = 'secrets'",
  ],
}

describe.each(Object.entries(CLIENT_DATABASES))('the session on %s', (_name, start) => {
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
  const seen = () => world.as(world.call('user:alice'), () => client.query(IDS))

  for (const [what, [leave, shows]] of Object.entries(LEFT)) {
    test(proves('execution:client:session', `${what}, after trusted work`), async () => {
      await world.asSystem('leaves something', () => client.query(leave))
      const { rows } = await world.asSystem('looks', () => client.query(shows))
      expect(rows).toEqual([{ left: false }])
      expect(await seen()).toMatchObject({ rowCount: 3 })
    })

    test(proves('execution:client:session', `${what}, by a text that is only observed`), async () => {
      world.knobs.mode = 'observe'
      await world.as(world.call('user:alice'), () => client.query(leave))
      world.knobs.mode = 'enforce'
      const { rows } = await world.asSystem('looks', () => client.query(shows))
      expect(rows).toEqual([{ left: false }])
    })

    test(proves('execution:client:session', `${what}, by a caller`), async () => {
      const answer = world.as(world.call('user:alice'), () => client.query(leave))
      await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/^execution\./) })
    })
  }

  test(proves('execution:client:session', 'between several clients over one database'), async () => {
    const clients = [client, database.client(world)]
    const alice = world.call('user:alice')
    const answers = Array.from({ length: 12 }, async (_, n) => {
      const one = clients[n % 2] ?? client
      // this role may read none of the tables
      if (n % 3 === 0) await world.asSystem('takes a role', () => one.query('set role pg_monitor'))
      return world.as(alice, () => one.query(IDS))
    })
    for (const { rowCount } of await Promise.all(answers)) expect(rowCount).toBe(3)
  })

  test(
    proves('execution:client:session', 'what a path of the database’s own puts in front of the catalog'),
    async () => {
      // somebody's own `=` says yes to everything
      await database.raw('create schema evil', [])
      await database.raw("create function evil.always(text, text) returns boolean language sql as 'select true'", [])
      await database.raw('create operator evil.= (leftarg = text, rightarg = text, function = evil.always)', [])
      await database.raw("select set_config('search_path', 'evil, public, pg_catalog', false)", [])
      const own = createClientWorld()
      const [{ name } = { name: '' }] = await database.raw('select current_database() as name', [])
      await database.raw(`alter database "${name}" set search_path = evil, public, pg_catalog`, [])
      const guarded = database.client(own)
      const { rows } = await own.as(own.call('user:alice'), () =>
        guarded.query("select id from expenses where id = 'INV-1'"),
      )
      expect(rows).toEqual([{ id: 'INV-1' }])
      await database.raw(`alter database "${name}" reset search_path`, [])
      await database.raw('reset search_path', [])
    },
  )
})
