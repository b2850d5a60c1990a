import type { EntityFact, Expr } from '@lockstep/core'
import { loadParser } from '@lockstep/execution'
import type { GuardedClient } from '@lockstep/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askWriteExpenses } from '../../../../test/fixtures/expense/ask-write-expenses.ts'
import { type ClientWorld, createClientWorld } from '../../../../test/fixtures/expense/client-world.ts'
import { all, attribute, equal, value } from '../../../../test/fixtures/expense/conditions.ts'
import { EXPENSE_DATA } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLIENT_DATABASES, type ClientDatabase } from './client-databases.ts'

const DENIED = { code: 'execution.write-denied' }
const CHANGED = { code: 'invocation.resource-changed' }
const RESET = 'drop table if exists expenses, employees, departments'

describe.each(Object.entries(CLIENT_DATABASES))('a write on %s', (_name, start) => {
  let database: ClientDatabase
  let world: ClientWorld
  let client: GuardedClient

  beforeAll(async () => {
    await loadParser()
    database = await start()
  })
  afterAll(() => database?.stop())
  beforeEach(async () => {
    for (const text of [RESET, ...EXPENSE_DATA.split(';')]) if (text.trim() !== '') await database.raw(text, [])
    world = createClientWorld({ askWrite: askWriteExpenses })
    client = database.client(world)
  })

  const as = (sql: string, parameters: readonly unknown[] = [], call = world.call('user:alice')) =>
    world.as(call, () => client.query(sql, parameters))
  const stored = async (column: string, id: string) =>
    (await database.raw(`select ${column} as cell from expenses where id = $1`, [id]))[0]?.cell
  const ids = async () => (await database.raw('select id from expenses order by id', [])).map(({ id }) => id)
  const outcomes = () => world.events.map(({ outcome, code }) => (code ? `${outcome} ${code}` : outcome))

  test(proves('execution:write:answer', 'rows and their number'), async () => {
    expect(await as("update expenses set category = 'x'")).toEqual({
      rows: [],
      rowCount: 3,
      command: 'UPDATE',
      fields: [],
    })
    expect(await stored('category', 'INV-4')).toBe('travel')
    const { rows, rowCount, command, fields } = await as(
      'update expenses set category = $1 where amount / 2 > 400 returning *',
      ['y'],
    )
    expect({ rowCount, command }).toEqual({ rowCount: 3, command: 'UPDATE' })
    expect(rows.map(({ id, iban }) => `${id} ${iban}`).sort()).toEqual([
      'INV-1 ****2051',
      'INV-2 DE02500105170137075030',
      'INV-3 null',
    ])
    expect(fields.map(({ name }) => name)).not.toContain('investigation_note')
    expect(JSON.stringify(rows)).not.toContain('CANARY')
    // a row that is approved is not deleted, a hidden one neither
    expect((await as('delete from expenses')).rowCount).toBe(2)
    expect(await ids()).toEqual(['INV-2', 'INV-4', 'INV-5'])
  })

  test(proves('execution:write:answer', 'an inserted row'), async () => {
    const insert = `insert into expenses (id, dept_id, employee_id, amount, iban, status, confidential)
      values ('INV-9', $1, $2, 5, 'DE99', 'submitted', false) returning id, iban as account`
    expect((await as(insert, [42, 'user:alice'])).rows).toEqual([{ id: 'INV-9', account: 'DE99' }])
    await expect(as(insert.replace('INV-9', 'INV-10'), [42, 'user:erin'])).rejects.toMatchObject(DENIED)
    expect(await ids()).not.toContain('INV-10')
  })

  test.each([
    ["update expenses set iban = 'x' where id = 'INV-1'", 'a cell that is read masked'],
    ["update expenses set dept_id = 7 where id = 'INV-1'", 'a row that leaves what is seen'],
    ["insert into departments (id, name) values (1, 'x')", 'an entity that nobody creates'],
  ])(proves('execution:write:recorded', '%s'), async (sql) => {
    const before = await database.raw('select * from expenses order by id', [])
    await expect(as(sql)).rejects.toMatchObject(DENIED)
    expect(await database.raw('select * from expenses order by id', [])).toEqual(before)
    expect(outcomes().at(-1)).toBe('denied execution.write-denied')
  })

  test(proves('execution:write:recorded', 'inside a transaction that goes on'), async () => {
    await world.as(world.call('user:alice'), () =>
      client.transaction(async (tx) => {
        await tx.query("update expenses set category = 'first' where id = 'INV-1'")
        await expect(tx.query("update expenses set dept_id = 7, category = 'lost'")).rejects.toMatchObject(DENIED)
        await expect(tx.query("update expenses set id = 'INV-2' where id = 'INV-1'")).rejects.toMatchObject({
          code: 'execution.database-failed',
          detail: 'SQLSTATE class 23',
        })
        await tx.query("update expenses set category = 'second' where id = 'INV-2'")
      }),
    )
    expect([await stored('category', 'INV-1'), await stored('category', 'INV-2')]).toEqual(['first', 'second'])
  })

  test.each(['delete from expenses where id = $1', 'update expenses set confidential = false where id = $1'])(
    proves('execution:write:labels', '%s'),
    async (sql) => {
      world.knobs.raise = async () => {
        throw new Error('the history is down')
      }
      await expect(as(sql, ['INV-3'])).rejects.toMatchObject({ code: 'state.unavailable' })
      expect(await stored('confidential', 'INV-3'), 'nothing was sent').toBe(true)
      world.knobs.raise = undefined
      await as(sql, ['INV-3'])
      expect(world.raised).toContain('user:alice confidential')
    },
  )

  test(proves('execution:write:labels', 'a row that is only written raises none'), async () => {
    await as(
      `insert into expenses (id, dept_id, employee_id, amount, status, confidential)
        values ('INV-9', 42, 'user:alice', 5, 'submitted', true)`,
    )
    expect(world.raised).toEqual([])
  })

  describe('of a call that is about a row', () => {
    const resource: EntityFact = { type: 'Expense', id: 'INV-1', attributes: {}, parents: [] }
    const submitted = equal(attribute('status'), value('submitted'))
    const small: Expr = { op: 'lessOrEqual', left: attribute('amount'), right: value(500_000) }
    const demanding = (condition: Expr) =>
      world.call('user:alice', { resource, demands: () => ({ condition, policies: ['p'], policyVersion: '1' }) })
    const approve = "update expenses set status = 'approved' where id = 'INV-1'"

    test(proves('execution:write:held', 'while it is as it was'), async () => {
      const call = demanding(all(submitted, small))
      expect(await as(approve, [], call)).toMatchObject({ rowCount: 1, command: 'UPDATE' })
      expect(await stored('status', 'INV-1')).toBe('approved')
      // its own write ended what it was permitted for
      await expect(as(approve, [], call)).rejects.toMatchObject(CHANGED)
      expect(outcomes().at(-1)).toBe('denied invocation.resource-changed')
    })

    test.each([
      ["update expenses set amount = 500001 where id = 'INV-1'", 'one that grew'],
      ["delete from expenses where id = 'INV-1'", 'one that is gone'],
    ])(proves('execution:write:held', '%s'), async (change) => {
      await database.raw(change, [])
      const call = demanding(all(submitted, small))
      await expect(as("update expenses set category = 'late'", [], call)).rejects.toMatchObject(CHANGED)
      expect(await stored('category', 'INV-2')).toBe('meals')
    })

    test(proves('execution:write:held', 'what the policy of now never permits'), async () => {
      await expect(as(approve, [], demanding(value(false)))).rejects.toMatchObject(CHANGED)
      expect(await stored('status', 'INV-1')).toBe('submitted')
    })

    test(proves('execution:write:held', 'once in a transaction, before its first write'), async () => {
      const call = demanding(submitted)
      await world.as(call, () =>
        client.transaction(async (tx) => {
          await tx.query(approve)
          await tx.query("update expenses set category = 'approved' where id = 'INV-1'")
        }),
      )
      expect([await stored('status', 'INV-1'), await stored('category', 'INV-1')]).toEqual(['approved', 'approved'])
    })

    test(proves('execution:write:held', 'reading asks nothing'), async () => {
      const call = demanding(value(false))
      expect((await as('select id from expenses', [], call)).rowCount).toBe(3)
    })
  })
})
