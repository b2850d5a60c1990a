import { PGlite } from '@electric-sql/pglite'
import { loadParser } from '@lockstep/execution'
import { guardDialect } from '@lockstep/kysely'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { askWriteExpenses } from '../../../../test/fixtures/expense/ask-write-expenses.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

interface Database {
  expenses: {
    id: string
    dept_id: number
    employee_id: string
    vendor: string | null
    category: string | null
    amount: number
    iban: string | null
    status: string
    confidential: boolean
  }
  departments: { id: number; name: string }
}

const pglite = new PGlite()
let world: ClientWorld
let db: Kysely<Database>

beforeAll(() => loadParser())
afterAll(() => pglite.close())
beforeEach(async () => {
  await pglite.exec(`drop table if exists expenses, employees, departments; ${EXPENSE_DATA}`)
  world = createClientWorld({ askWrite: askWriteExpenses })
  db = new Kysely<Database>({ dialect: guardDialect(world.lockstep, pglite) })
})

const alice = <T>(work: () => T): T => world.as(world.call('user:alice'), work)
const stored = async (column: string) =>
  (await pglite.query<Record<string, unknown>>(`select id, ${column} as cell from expenses order by id`)).rows.map(
    ({ id, cell }) => `${id} ${cell}`,
  )
const DENIED = { code: 'execution.write-denied' }
const expense = {
  id: 'INV-9',
  dept_id: 42,
  employee_id: 'user:alice',
  amount: 5,
  iban: 'DE99',
  status: 'submitted',
  confidential: false,
}

test(proves('execution:writes:clients', 'Kysely: updateTable'), async () => {
  const updated = await alice(() => db.updateTable('expenses').set({ category: 'x' }).executeTakeFirstOrThrow())
  expect(updated.numUpdatedRows).toBe(3n)
  expect(await stored('category')).toEqual(['INV-1 x', 'INV-2 x', 'INV-3 x', 'INV-4 travel', 'INV-5 legal'])
  const rows = await alice(() =>
    db
      .updateTable('expenses')
      .from('departments as d')
      .set((eb) => ({ vendor: eb.ref('d.name'), amount: eb('amount', '+', 1) }))
      .whereRef('d.id', '=', 'dept_id')
      .where('expenses.id', '=', 'INV-1')
      .returning(['expenses.id', 'vendor', 'iban'])
      .execute(),
  )
  expect(rows).toEqual([{ id: 'INV-1', vendor: 'Sales', iban: '****2051' }])
  const none = await alice(() => db.updateTable('expenses').set({ category: 'y' }).where('id', '=', 'INV-4').execute())
  expect(none.map(({ numUpdatedRows }) => numUpdatedRows)).toEqual([0n])
  await expect(alice(() => db.updateTable('expenses').set({ dept_id: 7 }).execute())).rejects.toMatchObject(DENIED)
})

test(proves('execution:writes:clients', 'Kysely: insertInto'), async () => {
  const inserted = await alice(() => db.insertInto('expenses').values(expense).executeTakeFirstOrThrow())
  expect(inserted.numInsertedOrUpdatedRows).toBe(1n)
  const upserted = await alice(() =>
    db
      .insertInto('expenses')
      .values(expense)
      .onConflict((conflict) => conflict.column('id').doUpdateSet((eb) => ({ amount: eb.ref('excluded.amount') })))
      .returningAll()
      .executeTakeFirstOrThrow(),
  )
  expect(upserted).toMatchObject({ id: 'INV-9', iban: 'DE99' })
  expect(Object.keys(upserted)).not.toContain('investigation_note')
  const ignored = await alice(() =>
    db
      .insertInto('expenses')
      .values({ ...expense, id: 'INV-4' })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow(),
  )
  expect(ignored.numInsertedOrUpdatedRows).toBe(0n)
  const many = [expense, { ...expense, id: 'INV-10', employee_id: 'user:erin' }].map((row) => ({
    ...row,
    id: `${row.id}b`,
  }))
  await expect(alice(() => db.insertInto('expenses').values(many).execute())).rejects.toMatchObject(DENIED)
  expect(await stored('iban')).toHaveLength(6)
})

test(proves('execution:writes:clients', 'Kysely: deleteFrom'), async () => {
  const deleted = await alice(() =>
    db.deleteFrom('expenses').where('id', 'in', ['INV-1', 'INV-4']).executeTakeFirstOrThrow(),
  )
  expect(deleted.numDeletedRows).toBe(1n)
  const rows = await alice(() =>
    db
      .deleteFrom('expenses')
      .using('departments')
      .whereRef('departments.id', '=', 'expenses.dept_id')
      .returning('expenses.id')
      .execute(),
  )
  expect(rows).toEqual([{ id: 'INV-3' }])
  expect(await stored('vendor')).toHaveLength(3)
})

test(proves('execution:writes:clients', 'Kysely: transactions, CTEs and texts'), async () => {
  const outcome = alice(() =>
    db.transaction().execute(async (tx) => {
      await tx.updateTable('expenses').set({ category: 'first' }).where('id', '=', 'INV-1').execute()
      await expect(tx.updateTable('expenses').set({ dept_id: 9 }).execute()).rejects.toMatchObject(DENIED)
      await sql`update expenses set category = ${'second'} where id = ${'INV-2'}`.execute(tx)
      return tx
        .with('gone', (cte) => cte.deleteFrom('expenses').where('id', '=', 'INV-3').returning('id'))
        .selectFrom('gone')
        .selectAll()
        .execute()
    }),
  )
  expect(await outcome).toEqual([{ id: 'INV-3' }])
  expect((await stored('category')).slice(0, 3)).toEqual(['INV-1 first', 'INV-2 second', 'INV-4 travel'])
  const undone = alice(() =>
    db.transaction().execute(async (tx) => {
      await tx.deleteFrom('expenses').execute()
      throw new Error('no')
    }),
  )
  await expect(undone).rejects.toThrow('no')
  expect(await stored('id')).toHaveLength(4)
})
