import { PGlite } from '@electric-sql/pglite'
import type { AuthorizedCall } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, loadParser } from '@lockstep/execution'
import { guardDialect } from '@lockstep/kysely'
import { CompiledQuery, Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

interface Database {
  expenses: { id: string; dept_id: number; vendor: string; amount: number; iban: string; investigation_note: string }
  departments: { id: number; name: string }
}

let call: AuthorizedCall | undefined
let db: Kysely<Database>
let sent: string[]
const pglite = new PGlite()

beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
  const execution = createExecutionGuard({
    rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
    currentCall: () => call,
    isOpen: () => true,
    finalRows: createFinalRows(),
  })
  sent = []
  const driver = {
    query(text: string, parameters: unknown[]) {
      sent.push(text)
      return pglite.query(text, parameters)
    },
  }
  db = new Kysely<Database>({ dialect: guardDialect({ execution }, driver) })
  call = authorizedCall('user:alice')
})

afterAll(() => pglite.close())

const MINE = ['INV-1', 'INV-2', 'INV-3']
const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => id).sort()

describe('every way to send a statement', () => {
  const ways: Record<string, () => Promise<readonly { id?: unknown }[]>> = {
    'selectAll without a where': () => db.selectFrom('expenses').selectAll().execute(),
    executeTakeFirst: async () => [
      ...MINE.slice(1).map((id) => ({ id })),
      (await db.selectFrom('expenses').select('id').where('id', '=', 'INV-1').executeTakeFirst()) ?? {},
    ],
    withoutPlugins: () => db.withoutPlugins().selectFrom('expenses').select('id').execute(),
    'a schema': () => db.withSchema('public').selectFrom('expenses').select('id').execute(),
    'a raw statement': async () => (await sql<{ id: string }>`select id from expenses`.execute(db)).rows,
    'a raw condition': () => db.selectFrom('expenses').select('id').where(sql<boolean>`dept_id = 42 or true`).execute(),
    'a raw table': async () =>
      (await sql<{ id: string }>`select * from ${sql.table('expenses')} where ${sql.lit(1)} = 1`.execute(db)).rows,
    'executeQuery of a compiled query': async () =>
      (await db.executeQuery(db.selectFrom('expenses').select('id').compile())).rows,
    'CompiledQuery.raw': async () =>
      (await db.executeQuery<{ id: string }>(CompiledQuery.raw('select id from expenses'))).rows,
    'the executor itself': async () => {
      const executor = db.getExecutor()
      const compiled = CompiledQuery.raw('select id from expenses')
      return (await executor.executeQuery<{ id: string }>(compiled)).rows
    },
    'a connection of one’s own': () =>
      db.connection().execute((one) => one.selectFrom('expenses').select('id').execute()),
    'a CTE and a join': () =>
      db
        .with('x', (cte) => cte.selectFrom('expenses').select(['id', 'dept_id']))
        .selectFrom('x')
        .innerJoin('departments', 'departments.id', 'x.dept_id')
        .select('x.id')
        .execute(),
    'a sub-query': () =>
      db
        .selectFrom('departments')
        .innerJoin(db.selectFrom('expenses').selectAll().as('e'), 'e.dept_id', 'departments.id')
        .select('e.id')
        .execute(),
  }
  for (const [way, send] of Object.entries(ways)) {
    test(proves('execution:client:surface', way), async () => {
      expect(ids(await send())).toEqual(MINE)
    })
  }

  test(proves('execution:values:bound', 'through Kysely'), async () => {
    const rows = await db
      .selectFrom('expenses')
      .select('id')
      .where('amount', '>', 2000)
      .where('vendor', '=', 'Acme')
      .execute()
    expect(ids(rows)).toEqual(['INV-1', 'INV-3'])
  })
})

describe('what would go around the guard', () => {
  const refused: Record<string, () => Promise<unknown>> = {
    'an insert': () => db.insertInto('departments').values({ id: 1, name: 'x' }).execute(),
    'an update': () => db.updateTable('expenses').set({ vendor: 'x' }).execute(),
    'a delete': () => db.deleteFrom('expenses').execute(),
    'two statements': () => sql`select 1; select id from expenses`.execute(db),
    'a transaction': () => db.transaction().execute((trx) => trx.selectFrom('expenses').selectAll().execute()),
    'a controlled transaction': () => db.startTransaction().execute(),
    'a stream': async () => {
      for await (const row of db.selectFrom('expenses').selectAll().stream()) return row
      return undefined
    },
    'introspection of tables': () => db.introspection.getTables(),
    'introspection of schemas': () => db.introspection.getSchemas(),
    'the schema builder': () => db.schema.dropTable('expenses').execute(),
    'a hidden column': () => db.selectFrom('expenses').select('investigation_note').execute(),
    'a hidden column in a condition': () =>
      db.selectFrom('expenses').select('id').where('investigation_note', 'like', 'C%').execute(),
    'a catalog': () => sql`select * from pg_catalog.pg_class`.execute(db),
  }
  for (const [way, send] of Object.entries(refused)) {
    test(proves('execution:client:surface', way), async () => {
      const before = sent.length
      await expect(send()).rejects.toMatchObject({ name: 'LockstepError', code: expect.stringMatching(/^execution\./) })
      expect(sent.length).toBe(before)
    })
  }

  test(proves('execution:client:no-call', 'through Kysely'), async () => {
    const before = sent.length
    call = undefined
    try {
      await expect(db.selectFrom('departments').selectAll().execute()).rejects.toMatchObject({
        code: 'execution.no-call',
      })
    } finally {
      call = authorizedCall('user:alice')
    }
    expect(sent.length).toBe(before)
  })
})
