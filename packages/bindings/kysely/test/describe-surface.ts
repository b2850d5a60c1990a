import type { AuthorizedCall } from '@lockstep/core'
import { loadParser } from '@lockstep/execution'
import { guardDialect } from '@lockstep/kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES, type ClientDatabase } from '../../pg/test/client-databases.ts'
import { NEWER_MEMBERS, openKysely, surfaceMatrix } from './surface-matrix.ts'
import type { KyselyLine, Migrate } from './surface-row.ts'

const MINE = ['INV-1', 'INV-2', 'INV-3']

/** Plays the matrix on every database with one line of Kysely. */
export function describeSurface(version: string, line: KyselyLine, migrate: Migrate): void {
  const matrix = surfaceMatrix(line, migrate)

  test(proves('execution:client:surface', `every member of Kysely ${version} is a row`), () => {
    const members = new Set<string>()
    for (let at: object | null = line.Kysely.prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const key of Reflect.ownKeys(at)) members.add(String(key))
    }
    for (const known of ['constructor', ...NEWER_MEMBERS]) members.delete(known)
    expect([...members].sort()).toEqual(Object.keys(matrix).sort())
  })

  describe.each(Object.entries(CLIENT_DATABASES))(`Kysely ${version} on %s`, (_name, start) => {
    let database: ClientDatabase
    let world: ClientWorld
    let call: AuthorizedCall
    let db: ReturnType<typeof openKysely>

    beforeAll(async () => {
      await loadParser()
      database = await start()
      world = createClientWorld()
      call = world.call('user:alice')
      db = openKysely(line, (client) => guardDialect(world.lockstep, client), database.client(world))
    }, 180_000)
    afterAll(() => database?.stop())
    const state = () => database.raw('select id, vendor from expenses order by id', [])

    for (const [member, rows] of Object.entries(matrix)) {
      for (const row of rows) {
        test(proves('execution:client:surface', `${version}: ${member}, ${row.way}`), async () => {
          if ('answers' in row) {
            const seen = await world.as(call, () => row.answers(db))
            expect(seen.map(({ id }) => id).sort()).toEqual(MINE)
            expect(JSON.stringify(seen)).not.toContain('CANARY')
          } else {
            const before = await state()
            await expect(world.as(call, () => row.refuses(db))).rejects.toMatchObject({
              name: 'LockstepError',
              code: expect.stringMatching(/^execution\./),
            })
            expect(await state()).toEqual(before)
          }
        })
      }
    }

    test(proves('execution:client:no-call', `every row, Kysely ${version}`), async () => {
      for (const row of Object.values(matrix).flat()) {
        if (row.way === 'is no way') continue
        const answer = world.outside(() => ('answers' in row ? row.answers(db) : row.refuses(db)))
        await expect(answer, row.way).rejects.toMatchObject({ name: 'LockstepError' })
      }
    })

    test(proves('execution:transaction:ends', `Kysely ${version}`), async () => {
      const passing = world.call('user:alice')
      const trx = await world.as(passing, () => db.startTransaction().execute())
      world.end(passing)
      await expect(world.as(passing, () => trx.selectFrom('expenses').select('id').execute())).rejects.toMatchObject({
        code: 'execution.no-call',
      })
      const seen = await world.as(call, () => db.selectFrom('expenses').select('id').execute())
      expect(seen).toHaveLength(3)
    })

    test(proves('execution:stream:ends', `Kysely ${version}`), async () => {
      const passing = world.call('user:alice')
      const seen: unknown[] = []
      const answer = world.as(passing, async () => {
        for await (const row of db.selectFrom('expenses').select('id').stream(1)) {
          seen.push(row)
          world.end(passing)
        }
      })
      await expect(answer).rejects.toMatchObject({ code: 'execution.no-call' })
      expect(seen).toHaveLength(1)
    })

    test(proves('execution:client:system', `what was changed is counted, Kysely ${version}`), async () => {
      const [result] = await world.asSystem('renames', () =>
        db.updateTable('departments').set({ name: 'Sales' }).where('id', '=', 42).execute(),
      )
      expect(result?.numUpdatedRows).toBe(1n)
    })

    test(proves('execution:client:no-call', `after destroy, Kysely ${version}`), async () => {
      await db.destroy()
      await expect(world.as(call, () => db.selectFrom('expenses').select('id').execute())).rejects.toThrow()
    })
  })
}
