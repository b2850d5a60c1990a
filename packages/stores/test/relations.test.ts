import { PGlite } from '@electric-sql/pglite'
import type { RelationTuple } from '@lockstep/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { createMemoryRelations } from '../src/memory/memory-relations.ts'
import { createOpenState } from '../src/memory/open-state.ts'
import { createPgliteDatabase, migratePglite } from '../src/pglite/pglite-database.ts'
import type { Database } from '../src/sql/database.ts'
import { createTables } from '../src/sql/format.ts'
import { createSqlRelations } from '../src/sql/sql-relations.ts'
import { createFollower, text } from './relations.contract.ts'

let pglite: PGlite
let db: Database
beforeAll(async () => {
  pglite = await PGlite.create()
  await migratePglite(pglite, createTables)
  db = createPgliteDatabase(pglite)
})
afterAll(() => pglite.close())

const tuple = (id: string | number): RelationTuple => ({ user: 'user:anne', relation: 'viewer', object: `doc:${id}` })

test.each(['memory', 'pglite'])(proves('state:relations:refused', 'a full %s'), async (kind) => {
  const store = kind === 'memory' ? createMemoryRelations(createOpenState(), 3) : createSqlRelations(db, { most: 3 })
  const full = { ok: false, reason: 'full' }
  expect(await store.change({ writes: [1, 2, 3, 4].map(tuple) })).toEqual(full)
  expect((await store.since(0)).written).toEqual([])
  await store.change({ writes: [1, 2, 3].map(tuple) })
  expect(await store.change({ writes: [tuple(4)] })).toEqual(full)
  expect(await store.change({ writes: [tuple(4)], deletes: [tuple(1)] })).toMatchObject({ ok: true })
  expect(await store.change({ deletes: [2, 3, 4].map(tuple) })).toMatchObject({ ok: true })
  expect((await store.since(0)).written).toEqual([])
})

test.each(['memory', 'pglite'])(proves('state:relations:since', 'of which a part is forgotten, %s'), async (kind) => {
  const store =
    kind === 'memory' ? createMemoryRelations(createOpenState()) : createSqlRelations(db, { remembered: 10, page: 7 })
  const changes = kind === 'memory' ? 2_100 : 220
  await store.change({ writes: [tuple('first'), tuple('second')] })
  const early = createFollower(store)
  await early()
  await store.change({ deletes: [tuple('first')] })
  const late = createFollower(store)
  for (let index = 0; index < changes; index += 1) {
    await store.change(index % 3 === 2 ? { deletes: [tuple(index - 1)] } : { writes: [tuple(index)] })
    if (index === changes - 8) await late()
  }
  const { revision } = await store.since(0)
  expect((await store.since(1)).whole, 'the early reader is given everything').toBe(true)
  expect((await store.since(revision - 5)).whole).toBe(false)
  expect(await early()).toEqual(await late())
  expect((await early()).tuples).not.toContain(text(tuple('first')))
  if (kind === 'pglite') {
    const { rows } = await pglite.query<{ kept: number }>(
      'select count(*)::int as kept from relation_tuples where is_removed',
    )
    expect(rows[0]?.kept, 'what was taken away long ago takes no space').toBeLessThan(40)
  }
})

test(proves('state:relations:since', 'what is taken away while pages are read'), async () => {
  const writer = createSqlRelations(db)
  const { revision } = await writer.since(0)
  for (let index = 0; index < 30; index += 1) await writer.change({ writes: [tuple(`page-${index}`)] })
  let pages = 0
  const slow: Database = {
    ...db,
    async rows<Row>(sql: string, parameters: readonly unknown[]) {
      const rows = await db.rows<Row>(sql, parameters)
      pages += 1
      if (pages === 4) await writer.change({ deletes: [tuple('page-0'), tuple('page-29')] })
      return rows
    },
  }
  const seen = await createSqlRelations(slow, { page: 5 }).since(revision)
  expect(pages).toBeGreaterThan(6)
  expect(seen.revision).toBe(revision + 31)
  const expected = Array.from({ length: 28 }, (_, index) => `doc:page-${index + 1}`)
  expect(seen.written.map(({ object }) => object).sort()).toEqual(expected.sort())
})
