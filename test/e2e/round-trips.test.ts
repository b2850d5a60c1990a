import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuthorizedCall } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, loadParser } from '@lockstep/execution'
import { guardPool } from '@lockstep/pg'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { askReadExpenses } from '../fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../fixtures/expense/expense-tables.ts'
import { type MessageNotes, noteMessages } from '../fixtures/note-messages.ts'
import { proves } from '../requirements/index.ts'

/** Parse, Bind, Describe, Execute, Sync: one statement of the extended protocol, and the one answer that is waited for. */
const STATEMENT = 'PBDES'
/** The same of a statement that the session keeps parsed. */
const AGAIN = 'BDES'

const alice = authorizedCall('user:alice')
const current = new AsyncLocalStorage<AuthorizedCall>()
let postgres: TestPostgres
let notes: MessageNotes
let config: pg.PoolConfig

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(EXPENSE_DATA)
  notes = await noteMessages(Number(new URL(postgres.connectionString).port))
  config = { host: '127.0.0.1', port: notes.port, user: 'postgres', database: 'postgres', max: 1 }
})
afterAll(async () => {
  await notes?.close()
  await postgres?.stop()
})

const TEXT = 'select id from expenses where amount > $1 order by id'
const BY_HAND = 'select id from expenses where amount > $1 and dept_id = any ($2::int[]) order by id'

test(proves('execution:client:round-trips'), async () => {
  const execution = createExecutionGuard({
    rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
    currentCall: () => current.getStore(),
    isOpen: () => true,
    finalRows: createFinalRows(),
  })
  const guarded = guardPool({ execution }, config)
  const plain = new pg.Pool(config)
  plain.on('error', () => undefined)
  const own = (text = TEXT, parameters: readonly unknown[] = [0]) =>
    current.run(alice, () => guarded.query(text, parameters))
  const byHand = () => plain.query(BY_HAND, [0, [42]])
  // the first statement of a connection opens it
  await own()
  await byHand()
  notes.take()

  await byHand()
  expect(notes.take()).toBe(STATEMENT)
  // seen before, never seen, without parameters, with an error of the database
  const { rows } = await own()
  expect(rows.length).toBeGreaterThan(0)
  expect(notes.take()).toBe(STATEMENT)
  await own(`${TEXT} desc`)
  expect(notes.take()).toBe(STATEMENT)
  await own('select count(*) as n from expenses', [])
  expect(notes.take()).toBe(STATEMENT)
  await expect(own('select 1 / $1::int as n from expenses')).rejects.toMatchObject({
    code: 'execution.database-failed',
  })
  expect(notes.take()).toBe(STATEMENT)
  await Promise.all(Array.from({ length: 20 }, () => own()))
  expect(notes.take()).toBe(AGAIN.repeat(20))
  await expect(own('delete from expenses')).rejects.toMatchObject({ layer: 'execution' })
  expect(notes.take()).toBe('')

  await plain.end()
  await guarded.end()
})
