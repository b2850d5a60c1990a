import { PGlite } from '@electric-sql/pglite'
import type { AuthorizedCall } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, loadParser } from '@lockstep/execution'
import { guardDialect } from '@lockstep/kysely'
import { CamelCasePlugin, CompiledQuery, Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

interface Database {
  expenses: { id: string; dept_id: number; amount: number; confidential: boolean }
}

const pglite = new PGlite()
const raised: string[] = []
let broken: boolean
let call: AuthorizedCall
let db: Kysely<Database>

beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
  const execution = createExecutionGuard({
    rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
    currentCall: () => call,
    isOpen: () => true,
    finalRows: createFinalRows(),
    async raise(_call, labels) {
      if (broken) throw new Error('down')
      raised.push(...labels)
    },
  })
  db = new Kysely<Database>({ dialect: guardDialect({ execution }, pglite) })
})
beforeEach(() => {
  raised.length = 0
  broken = false
  call = authorizedCall('user:alice')
})
afterAll(() => pglite.close())

const newest = (limit: number) => db.selectFrom('expenses').selectAll().orderBy('id', 'desc').limit(limit)

test(proves('execution:labels:rows', 'through Kysely'), async () => {
  const one = (id: string) => db.selectFrom('expenses').selectAll().where('id', '=', id).executeTakeFirst()
  expect(await one('INV-1')).toMatchObject({ confidential: false })
  expect(raised).toEqual([])
  expect(await one('INV-3')).toMatchObject({ confidential: true })
  expect(raised).toEqual(['confidential'])
})

test(proves('execution:labels:rows', 'a page through Kysely'), async () => {
  await newest(1).execute()
  expect(raised).toEqual(['confidential'])
  raised.length = 0
  call = authorizedCall('user:carol')
  await newest(20).execute()
  expect(raised).toEqual([])
})

describe('every way through Kysely', () => {
  const ways: Record<string, () => Promise<unknown>> = {
    'an aggregate': () =>
      db
        .selectFrom('expenses')
        .select(({ fn }) => fn.countAll().as('n'))
        .execute(),
    'a CTE': () =>
      db
        .with('x', (cte) => cte.selectFrom('expenses').select('id'))
        .selectFrom('x')
        .selectAll()
        .execute(),
    'a raw statement': () => sql`select sum(amount) as n from expenses`.execute(db),
    'a precompiled query': () => db.executeQuery(CompiledQuery.raw('select id from expenses')),
    'without plugins': () => db.withoutPlugins().selectFrom('expenses').select('id').execute(),
    'a plugin that renames': () => db.withPlugin(new CamelCasePlugin()).selectFrom('expenses').selectAll().execute(),
    'a connection of one’s own': () =>
      db.connection().execute((one) => one.selectFrom('expenses').select('id').execute()),
  }
  for (const [way, send] of Object.entries(ways)) {
    test(proves('execution:labels:probe', way), async () => {
      await send()
      expect(raised).toEqual(['confidential'])
    })

    test(proves('execution:labels:first', `${way}, withheld`), async () => {
      broken = true
      await expect(send()).rejects.toMatchObject({ code: 'state.unavailable' })
    })
  }
})
