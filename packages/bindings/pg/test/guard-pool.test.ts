import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuthorizedCall, ColumnMapping, TableMapping } from '@lockstep/core'
import {
  checkTables,
  createExecutionGuard,
  createFinalRows,
  createResourceSource,
  createRewriter,
  loadParser,
  type Query,
  type RaiseLabels,
  type SystemWork,
} from '@lockstep/execution'
import { guardPool } from '@lockstep/pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../test/differential/postgres.ts'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const carol = authorizedCall('user:carol')
const current = new AsyncLocalStorage<AuthorizedCall | SystemWork>()
let postgres: TestPostgres
let query: Query

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(EXPENSE_DATA)
  const own = postgres.pool()
  query = async (text, parameters) => (await own.query(text, parameters)).rows
})
afterAll(() => postgres?.stop())

function lockstep(mode: 'observe' | 'enforce' = 'enforce', raise?: RaiseLabels) {
  return {
    execution: createExecutionGuard({
      rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
      currentCall: () => current.getStore(),
      isOpen: () => true,
      finalRows: createFinalRows(),
      mode,
      raise,
    }),
  }
}

describe('a guarded pool', () => {
  test(proves('execution:client:captured', 'a contended pool'), async () => {
    const pool = guardPool(lockstep(), { connectionString: postgres.connectionString, max: 1 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        current.run(n % 2 ? alice : carol, () =>
          pool.query('select id from expenses where amount > $1 order by id', [0]),
        ),
      ),
    )
    answers.forEach(({ rows }, n) => {
      expect(rows.map(({ id }) => id)).toEqual(n % 2 ? ['INV-1', 'INV-2', 'INV-3'] : ['INV-4'])
    })
    await pool.end()
  })

  test(proves('execution:labels:probe', 'through a pool of one connection'), async () => {
    const raised: string[] = []
    const pool = guardPool(
      lockstep('enforce', async (call, labels) => void raised.push(call.caller.subject.id, ...labels)),
      { connectionString: postgres.connectionString, max: 1 },
    )
    const count = (call: AuthorizedCall, sql: string) => current.run(call, () => pool.query(sql, [0]))
    await count(alice, "select * from expenses where amount > $1 and id <> 'INV-3'")
    await count(carol, 'select count(*) as n from expenses where amount > $1')
    expect(raised).toEqual([])
    await Promise.all([1, 2].map(() => count(alice, 'select count(*) as n from expenses where amount > $1')))
    await expect(count(alice, 'select 1 / $1::int as n from expenses')).rejects.toMatchObject({
      code: 'execution.database-failed',
    })
    expect(raised).toEqual(Array(3).fill(['user:alice', 'confidential']).flat())
    await pool.end()
  })

  test(proves('execution:client:surface', 'stacked statements do not run even as written'), async () => {
    const pool = guardPool(lockstep('observe'), postgres.pool())
    const answer = current.run(alice, () => pool.query("select 1; insert into departments values (99, 'stacked')"))
    await expect(answer).rejects.toMatchObject({ code: 'execution.database-failed' })
    expect(await query('select id from departments where id = 99', [])).toEqual([])
  })

  test(proves('execution:client:error', 'through a pool'), async () => {
    const pool = guardPool(lockstep(), postgres.pool())
    const answer = current.run(alice, () => pool.query('select vendor::int from expenses'))
    await expect(answer).rejects.toMatchObject({
      code: 'execution.database-failed',
      message: expect.not.stringContaining('Acme'),
    })
    // the connection is sound afterwards
    const { rows } = await current.run(alice, () => pool.query('select count(*)::int as n from expenses'))
    expect(rows).toEqual([{ n: 3 }])
  })

  test('an unreachable database is a database failure', async () => {
    const pool = guardPool(lockstep(), { host: '127.0.0.1', port: 1 })
    await expect(current.run(alice, () => pool.query('select 1'))).rejects.toMatchObject({
      code: 'execution.database-failed',
    })
  })
})

describe('the mapping and the live database', () => {
  const changed = (table: keyof typeof expenseTables, column: string, change: Partial<ColumnMapping>): TableMapping => {
    const { [table]: mapping, ...others }: TableMapping = expenseTables
    if (!mapping) throw new Error('no such table')
    const columns = { ...mapping.columns, [column]: { type: 'text', ...mapping.columns[column], ...change } }
    return { ...others, [table]: { ...mapping, columns } }
  }

  test(proves('execution:mapping:live', 'fits'), async () => {
    await expect(checkTables(expenseTables, query)).resolves.toBeUndefined()
  })

  const wrong: Record<string, [TableMapping, string]> = {
    'another type': [changed('public.expenses', 'vendor', { type: 'integer' }), 'public.expenses.vendor'],
    'a missing column': [changed('public.departments', 'missing', { type: 'text' }), 'missing'],
    'a nullable attribute': [changed('public.expenses', 'vendor', { attribute: 'vendor' }), 'public.expenses.vendor'],
    'a missing table': [{ ...expenseTables, 'public.missing': expenseTables['public.departments'] }, 'public.missing'],
  }
  test.each(Object.entries(wrong))(proves('execution:mapping:live', '%s'), async (_name, [tables, named]) => {
    await expect(checkTables(tables, query)).rejects.toMatchObject({
      code: 'execution.mapping-invalid',
      message: expect.stringContaining(named),
    })
  })

  test(proves('execution:mapping:live', 'a key that is not unique'), async () => {
    const tables = { ...expenseTables, 'public.expenses': { ...expenseTables['public.expenses'], key: 'status' } }
    await expect(checkTables(tables, query)).rejects.toMatchObject({
      code: 'execution.mapping-invalid',
      message: expect.stringContaining('public.expenses.status'),
    })
  })

  test(proves('execution:mapping:live', 'a view'), async () => {
    await query('create view everything as select * from departments', [])
    const tables = { 'public.everything': expenseTables['public.departments'] }
    await expect(checkTables(tables, query)).rejects.toMatchObject({ code: 'execution.mapping-invalid' })
  })
})

describe('resources', () => {
  const source = () => createResourceSource({ tables: expenseTables, query })

  test(proves('execution:resource:loaded'), async () => {
    expect(await source().load('Expense', 'INV-1')).toEqual({
      type: 'Expense',
      id: 'INV-1',
      attributes: {
        dept: { entity: { type: 'Department', id: '42' } },
        employee: { entity: { type: 'User', id: 'user:erin' } },
        amount: 480000,
        status: 'submitted',
        confidential: false,
      },
      parents: [],
    })
    expect(await source().load('Department', '42')).toEqual({
      type: 'Department',
      id: '42',
      attributes: {},
      parents: [],
    })
  })

  test.each([
    ['Expense', 'INV-404'],
    ['Expense', "INV-1' or 'a' = 'a"],
    ['Expense', 'INV-1\u0000'],
    ['Department', '42 '],
    ['Department', '042'],
    ['Department', '99999999999'],
    ['Unknown', '1'],
  ])(proves('execution:resource:loaded', 'nothing for %s %j'), async (type, id) => {
    expect(await source().load(type, id)).toBe(undefined)
  })
})
