import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { proves } from '../../../test/requirements/index.ts'

const clock = () => 1_800_000_000_000
let server: TestPostgres
let folder = ''
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-start-'))
}, 240_000)
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const open = (options: PostgresStateOptions) => postgresState(options).open({ clock, base: folder })

test(proves('state:shared:start', 'it does not answer'), async () => {
  const nowhere = 'postgres://postgres:secret-9f2c@127.0.0.1:1/none'
  const failure = await open({ connectionString: nowhere }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'state.unavailable', message: expect.stringContaining('ECONNREFUSED') })
  expect(String(failure)).not.toContain('secret-9f2c')
  await (await open({ connectionString: server.connectionString })).close()
  expect(await readdir(join(folder, '.lockstep')), 'the folder is free again').toContain('lock')
})

test(proves('state:shared:start', 'it may lose what it acknowledged'), async () => {
  await server.pool().query(`create role hasty login superuser; alter role hasty set synchronous_commit to off;
    create role reader login superuser; alter role reader set default_transaction_read_only to on`)
  const failures = { hasty: 'synchronous_commit', reader: 'only takes reads' }
  for (const [role, says] of Object.entries(failures)) {
    await expect(open({ pool: server.pool(role), schema: role })).rejects.toMatchObject({
      code: 'state.unsuitable',
      message: expect.stringContaining(says),
    })
  }
  const { rows } = await server.pool().query(`select 1 from pg_namespace where nspname in ('hasty', 'reader')`)
  expect(rows, 'nothing was made').toEqual([])
})

test(proves('state:shared:start', 'another version'), async () => {
  await server.pool().query('create schema newer; create table newer.lockstep_format (version integer)')
  await server.pool().query('insert into newer.lockstep_format values (99)')
  await expect(open({ pool: server.pool(), schema: 'newer' })).rejects.toMatchObject({
    code: 'state.format',
    message: expect.stringMatching(/`schema newer`: expected \d+, got 99/),
  })
})

test(proves('state:shared:start', 'one folder for two instances'), async () => {
  const first = await open({ pool: server.pool(), schema: 'two', auditFolder: 'one' })
  await expect(open({ pool: server.pool(), schema: 'two', auditFolder: 'one' })).rejects.toMatchObject({
    code: 'state.locked',
    message: expect.stringContaining(join(folder, 'one')),
  })
  const second = await open({ pool: server.pool(), schema: 'two', auditFolder: 'another' })
  for (const state of [first, second]) await state.close()
})

test(proves('state:shared:start', 'many at once, and later ones without the right to make tables'), async () => {
  const names = ['a', 'b', 'c', 'd']
  const states = await Promise.all(
    names.map((name) => open({ pool: server.pool(), schema: 'once', auditFolder: name })),
  )
  for (const state of states) await state.close()
  await server.pool().query(`create role modest login; grant usage on schema once to modest;
    grant select, insert, update, delete on all tables in schema once to modest`)
  const modest = await open({ pool: server.pool('modest'), schema: 'once', auditFolder: 'e' })
  const use = { space: 'txn', id: 'id', issuedAt: clock(), expiresAt: clock() + 1000, standing: [] } as const
  expect(await modest.singleUse.consume(use)).toBe('consumed')
  await modest.close()
})

test(proves('state:shared:start', 'misuse'), () => {
  const pool = server.pool()
  const misused: readonly [object, string][] = [
    [{}, 'either `pool` or `connectionString`'],
    [{ pool, connectionString: 'postgres://x' }, 'either `pool` or `connectionString`'],
    [{ pool, shcema: 'x' }, 'unknown option `shcema`'],
    [{ pool, schema: 'a"b' }, '`schema`'],
    [{ pool, schema: 'a'.repeat(64) }, '`schema`'],
    [{ pool, auditFolder: '' }, '`auditFolder`'],
    [{ pool: {} }, '`pool`'],
    [{ pool, redis: {} }, '`redis`'],
  ]
  for (const [options, says] of misused) {
    const make = () => postgresState(options)
    expect(make, says).toThrow(TypeError)
    expect(make).toThrow(says)
  }
})
