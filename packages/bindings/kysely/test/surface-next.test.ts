import { loadParser } from '@lockstep/execution'
import { guardDialect } from '@lockstep/kysely'
import * as kysely from 'kysely'
import * as next from 'kysely-next'
import { Migrator } from 'kysely-next/migration'
import { expect, test, vi } from 'vitest'
import { createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES } from '../../pg/test/client-databases.ts'
import { describeSurface } from './describe-surface.ts'

// the dialect, too, is built on the newer line here
vi.mock('kysely', () => import('kysely-next'))

test('the newer line is under test', () => {
  expect(kysely.Kysely).toBe(next.Kysely)
  expect('$pickTables' in kysely.Kysely.prototype).toBe(true)
})

const provider = { getMigrations: async () => ({ one: { up: async () => undefined } }) }

describeSurface(
  '0.29',
  kysely,
  async (db) => (await new Migrator({ db: db as never, provider }).migrateToLatest()).error,
)

test(proves('execution:client:surface', '0.29: queries that are aborted'), async () => {
  await loadParser()
  const world = createClientWorld()
  const database = await CLIENT_DATABASES['PostgreSQL 18']()
  const call = world.call('user:alice')
  const db = new next.Kysely<{ expenses: { id: string } }>({
    dialect: guardDialect(world.lockstep, database.client(world)) as never,
  })
  const ids = (options: next.AbortableQueryOptions) =>
    world.as(call, () => db.selectFrom('expenses').select('id').execute(options))
  const { signal } = new AbortController()
  try {
    expect(await ids({ signal })).toHaveLength(3)
    await expect(ids({ signal: AbortSignal.abort() })).rejects.toThrow()
    // a control connection would be a second way to the database
    for (const inflightQueryAbortStrategy of ['cancel query', 'kill session'] as const) {
      await expect(ids({ signal, inflightQueryAbortStrategy })).rejects.toThrow("doesn't support")
    }
    const rows: unknown[] = []
    await world.as(call, async () => {
      for await (const row of db.selectFrom('expenses').select('id').stream({ signal, chunkSize: 1 })) rows.push(row)
    })
    expect(rows).toHaveLength(3)
    expect(await ids({ signal })).toHaveLength(3)
  } finally {
    await database.stop()
  }
}, 240_000)
